// GET /v1/records/{id}/photo: a photo as it came, of a service that was told to keep them.

#include <string_view>
#include <utility>

#include "src/base/format.h"
#include "src/records/record_reader.h"
#include "src/serve/http/routes.h"

namespace frond::serve {
namespace {

// Of what the service reads photos from; anything else that was sent is nothing that a browser may open.
const char* TypeOf(std::string_view bytes) {
  if (bytes.starts_with("\xff\xd8\xff")) return "image/jpeg";
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) return "image/webp";
  return "application/octet-stream";
}

}  // namespace

Response RecordPhoto(const Service& service, const std::string& id) {
  const Error none{ErrorCode::kNotFound, "no photo is kept of an answer with this id",
                   "it may have gone by the store's limits; photos are kept with --store FILE --store-photos alone"};
  if (service.monitoring == nullptr || service.monitoring->store() == nullptr || !service.monitoring->keeps_photos())
    return ErrorOf(404, none);
  Result<std::string> photo = service.monitoring->Photo(id);
  if (!photo.ok()) return ErrorOf(503, service.monitoring->Nameless(photo.error()));
  if (photo->empty()) return ErrorOf(404, none);
  const char* type = TypeOf(*photo);
  Response response{200, type, std::move(*photo), {}};
  response.headers = {{"Cache-Control", "private, no-store"},
                      {"Cross-Origin-Resource-Policy", "same-origin"},
                      {"Content-Security-Policy", "default-src 'none'; sandbox"}};
  return response;
}

}  // namespace frond::serve
