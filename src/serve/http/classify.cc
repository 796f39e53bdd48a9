// POST /v1/classify: photos in, what `frond predict --json` says of them out.

#include <charconv>
#include <mutex>
#include <utility>

#include "src/base/format.h"
#include "src/base/milliseconds.h"
#include "src/base/utc_time.h"
#include "src/classify/answer_json.h"
#include "src/serve/http/multipart.h"
#include "src/serve/http/routes.h"
#include "src/serve/http/url.h"

namespace frond::serve {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kTop = 5;
constexpr int kMostTop = 1000;

struct Photo {
  std::string name;
  std::string bytes;
};

Result<int> TopOf(const std::string& query) {
  const std::optional<std::string> text = QueryValue(query, "top");
  if (!text) return kTop;
  int top = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), top);
  if (error != std::errc() || end != text->data() + text->size() || top < 1 || top > kMostTop) {
    return Error{ErrorCode::kInvalidArgument, StrCat("top is ", Quote(*text)), StrCat("give 1 to ", kMostTop)};
  }
  return top;
}

Result<std::vector<Photo>> PhotosOf(Request& request, size_t most) {
  std::vector<Photo> photos;
  if (!request.content_type.starts_with("multipart/")) {
    photos.push_back({"", std::move(request.body)});
  } else {
    FROND_ASSIGN(const std::vector<FormPart> parts, ParseForm(request.content_type, request.body, most));
    for (const FormPart& part : parts) photos.push_back({part.file_name, std::string(part.value)});
  }
  if (photos.empty() || (photos.size() == 1 && photos.front().bytes.empty())) {
    return Error{ErrorCode::kInvalidArgument, "no photo came",
                 "send a JPEG, PNG or WebP file as the body, or several as multipart/form-data"};
  }
  return photos;
}

// The answers to a request's photos, until the last is there.
class Collected {
 public:
  Collected(std::shared_ptr<const ServedModel> served, RecordStore* store, const Request& request, size_t count,
            int top, Respond respond)
      : model_(served->model),
        served_(std::move(served)),
        store_(store),
        note_(request.note),
        begun_(request.begun),
        top_(top),
        cancelled_(request.cancelled),
        missing_(count),
        respond_(std::move(respond)) {
    for (size_t i = 0; i < count; ++i) results_.push_back(Json::object());
  }

  // What a photo's answer is found by.
  std::string IdOf(size_t index) const { return results_.size() == 1 ? note_->id : StrCat(note_->id, "-", index + 1); }

  // `photo`: its bytes, where they are to be kept.
  void Take(size_t index, const std::string& name, const Outcome& outcome, const std::string& photo) {
    const std::string id = IdOf(index);
    Json result = {{"path", name}, {"id", id}};
    const std::vector<TaskScores> scores = Fill(outcome, result);
    if (store_ != nullptr) store_->Append(RecordOf(id, outcome, scores, photo));
    std::shared_ptr<const ServedModel> served;
    Response response;
    {
      const std::lock_guard lock(mutex_);
      results_[index] = std::move(result);
      // What holds for a request, not for one of its photos, is its answer.
      const bool of_request = !outcome.answer && outcome.refusal.reason != Refusal::Reason::kInput;
      if (of_request && !refused_) {
        refused_ = outcome.refusal;
        cancelled_->store(true);  // the other photos are run for nobody
      }
      if (--missing_ > 0) return;
      response = refused_ ? ErrorOf(*refused_, *served_->scheduler) : Whole();
    }
    respond_(std::move(response));
  }

 private:
  AnswerRecord RecordOf(const std::string& id, const Outcome& outcome, const std::vector<TaskScores>& scores,
                        const std::string& photo) const {
    AnswerRecord record;
    record.unix_ms = UnixMsNow();
    record.request_id = id;
    record.trace_id = note_->trace.trace_id;
    record.model = served_->entry.FullName();
    record.version = served_->entry.version;
    record.photo_bytes = photo;
    record.latencies.total_ms = Milliseconds(Clock::now() - begun_);
    if (!outcome.answer) {
      record.status = RequestOutcomeName(OutcomeOf(outcome.refusal.reason));
      record.reason = outcome.refusal.error.message;
      return record;
    }
    for (const TaskScores& task : scores) {
      TaskAnswer answer{.task = task.task};
      for (const Score& score : task.scores) {
        const std::string label = model_.labels().empty() ? "" : model_.labels()[static_cast<size_t>(score.index)];
        answer.top.push_back({score.index, label, score.score});
      }
      answer.confidence = task.scores.front().score;
      record.tasks.push_back(std::move(answer));
    }
    const WorkTiming& timing = outcome.answer->timing;
    record.latencies.queue_ms = timing.queue_ms;
    record.latencies.decode_ms = timing.decode_ms;
    record.latencies.preprocess_ms = timing.preprocess_ms;
    record.latencies.inference_ms = timing.inference_ms;
    if (const std::optional<PhotoStatistics>& seen = outcome.answer->statistics) {
      record.photo.brightness = StatisticOf(*seen, PhotoStatistic::kBrightness);
      record.photo.contrast = StatisticOf(*seen, PhotoStatistic::kContrast);
      record.photo.colour = StatisticOf(*seen, PhotoStatistic::kColour);
      record.photo.sharpness = StatisticOf(*seen, PhotoStatistic::kSharpness);
    }
    return record;
  }

  // The scores too; none where there is no answer.
  std::vector<TaskScores> Fill(const Outcome& outcome, Json& result) const {
    if (!outcome.answer) {
      result["error"] = ErrorToJson(outcome.refusal.error);
      return {};
    }
    Result<std::vector<TaskScores>> scores = TopScoresByTask(model_, outcome.answer->logits, top_);
    if (!scores.ok()) {
      result["error"] = ErrorToJson(scores.error());
      return {};
    }
    AddScores(model_, *scores, result);
    const WorkTiming& timing = outcome.answer->timing;
    result["timing_ms"] = {{"queue", RoundedMs(timing.queue_ms)},
                           {"decode", RoundedMs(timing.decode_ms)},
                           {"preprocess", RoundedMs(timing.preprocess_ms)},
                           {"inference", RoundedMs(timing.inference_ms)}};
    return std::move(scores).value();
  }

  // 400 where no photo could be answered.
  Response Whole() const {
    const ModelEntry& entry = served_->entry;
    const Json document = {{"model", {{"name", entry.name}, {"version", entry.version}, {"arch", model_.spec().name}}},
                           {"results", results_},
                           {"skipped", 0}};
    const bool answered = std::ranges::any_of(results_, [](const Json& result) { return !result.contains("error"); });
    return {answered ? 200U : 400U, "application/json", DumpJson(document), {}};
  }

  const Model model_;
  const std::shared_ptr<const ServedModel> served_;
  RecordStore* const store_;  // null: nothing is recorded
  const std::shared_ptr<const RequestNote> note_;
  const Clock::time_point begun_;
  const int top_;
  const std::shared_ptr<std::atomic<bool>> cancelled_;
  std::mutex mutex_;
  size_t missing_;
  std::vector<Json> results_;
  std::optional<Refusal> refused_;
  const Respond respond_;
};

}  // namespace

void Classify(Service& service, Request request, const Respond& respond) {
  if (request.method != "POST") return respond(MethodNotAllowed("POST"));
  const std::string name = QueryValue(request.query, "model").value_or("");
  const std::string version = QueryValue(request.query, "version").value_or("");
  std::shared_ptr<const ServedModel> served;
  if (name.empty()) {
    const auto all = service.models->All();
    if (!all.empty()) served = service.models->Find(all.front()->entry.name, version);
  } else {
    served = service.models->Find(name, version);
  }
  if (!served) {
    return respond(
        ErrorOf(404, {ErrorCode::kNotFound, "there is no such model", "GET /v2 and /v2/models/NAME say which"}));
  }
  request.note->watch = served->watch;
  request.note->model = served->entry.FullName();
  if (served->model.spec().num_classes == 0) {
    return respond(ErrorOf(400, {ErrorCode::kUnsupported, "this model has no classes: it is a feature extractor",
                                 "ask for its features: POST /v2/models/NAME/infer"}));
  }
  const Result<int> top = TopOf(request.query);
  if (!top.ok()) return respond(ErrorOf(400, top.error()));
  Result<std::vector<Photo>> photos = PhotosOf(request, service.max_photos);
  if (!photos.ok()) {
    return respond(ErrorOf(photos.error().code == ErrorCode::kLimit ? 413 : 400, photos.error()));
  }
  RecordStore* store = service.monitoring == nullptr ? nullptr : service.monitoring->store();
  const bool keep = store != nullptr && service.monitoring->keeps_photos();
  request.note->photos = photos->size();
  const auto collected = std::make_shared<Collected>(served, store, request, photos->size(), *top, respond);
  for (size_t i = 0; i < photos->size(); ++i) {
    Photo& photo = (*photos)[i];
    std::string kept = keep ? photo.bytes : std::string();
    Work work;
    work.photo = std::move(photo.bytes);
    work.deadline = Clock::now() + service.timeout;
    work.cancelled = request.cancelled;
    if (keep) work.kept_as = collected->IdOf(i);
    served->scheduler->Submit(
        std::move(work), [collected, i, path = std::move(photo.name), kept = std::move(kept)](const Outcome& outcome) {
          collected->Take(i, path, outcome, kept);
        });
  }
}

}  // namespace frond::serve
