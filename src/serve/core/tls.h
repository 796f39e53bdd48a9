#ifndef FROND_SRC_SERVE_CORE_TLS_H_
#define FROND_SRC_SERVE_CORE_TLS_H_

#include <string>

namespace frond::serve {

// PEM texts. Without a certificate connections are plain.
struct TlsOptions {
  std::string certificate = {};  // and those that vouch for it
  std::string key = {};
  std::string client_ca = {};  // whose certificates clients must show; empty: none must
};

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_CORE_TLS_H_
