#ifndef FROND_TESTS_SUPPORT_FREE_PORT_H_
#define FROND_TESTS_SUPPORT_FREE_PORT_H_

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace frond {

// A TCP port of this machine at which nothing listens just now.
inline int FreePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  const bool found = socket >= 0 && bind(socket, any, length) == 0 && getsockname(socket, any, &length) == 0;
  if (socket >= 0) close(socket);
  if (!found) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

}  // namespace frond

#endif  // FROND_TESTS_SUPPORT_FREE_PORT_H_
