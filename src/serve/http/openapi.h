#ifndef FROND_SRC_SERVE_HTTP_OPENAPI_H_
#define FROND_SRC_SERVE_HTTP_OPENAPI_H_

namespace frond::serve {

// What the service answers, as OpenAPI 3.1: openapi.json, which is in the program.
extern const char kOpenApi[];

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_HTTP_OPENAPI_H_
