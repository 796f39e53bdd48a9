// In place of the page, where there was no npm to build it with.
#include "src/serve/http/page.h"

namespace frond::serve {
namespace {

constexpr PageFile kNoPage[] = {
    {"/", "text/html; charset=utf-8",
     "<!doctype html><html lang=\"en\"><title>frond</title><p>This frond-serve was built without its page: install npm "
     "(Debian: apt-get install npm) and build again. POST photos to /v1/classify; /openapi.json describes the rest."}};

}  // namespace

const std::span<const PageFile> kPageFiles = kNoPage;

}  // namespace frond::serve
