#ifndef FROND_SRC_SERVE_CORE_REQUEST_NOTE_H_
#define FROND_SRC_SERVE_CORE_REQUEST_NOTE_H_

#include <memory>
#include <string>

#include "src/serve/core/repository.h"
#include "src/serve/core/trace.h"

namespace frond::serve {

// What becomes known of a request while it is answered. Written before its answer is made, read once that is sent.
struct RequestNote {
  std::string id;
  TraceContext trace;
  std::shared_ptr<ModelWatch> watch;  // of the model that was asked; null: none was, or it is not watched
  std::string model;                  // "name/version"
  size_t photos = 0;
};

// How a request to a model ended, from what HTTP says of it.
constexpr RequestOutcome OutcomeOf(unsigned status) {
  switch (status) {
    case 499: return RequestOutcome::kCancelled;
    case 503: return RequestOutcome::kFull;
    case 504: return RequestOutcome::kLate;
    default: break;
  }
  if (status < 400) return RequestOutcome::kAnswered;
  return status < 500 ? RequestOutcome::kBadRequest : RequestOutcome::kFailed;
}

// The same, of work that was not answered.
constexpr RequestOutcome OutcomeOf(Refusal::Reason reason) {
  switch (reason) {
    case Refusal::Reason::kInput: return RequestOutcome::kBadRequest;
    case Refusal::Reason::kFull:
    case Refusal::Reason::kStopping: return RequestOutcome::kFull;
    case Refusal::Reason::kLate: return RequestOutcome::kLate;
    case Refusal::Reason::kCancelled: return RequestOutcome::kCancelled;
    case Refusal::Reason::kFailed: break;
  }
  return RequestOutcome::kFailed;
}

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_CORE_REQUEST_NOTE_H_
