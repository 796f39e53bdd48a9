#include "src/serve/core/traffic_history.h"

#include <algorithm>
#include <utility>

#include "src/base/format.h"
#include "src/records/record_reader.h"

namespace frond::serve {
namespace {

struct Earlier {
  const char* kind;
  const char* name;
  const char* photos;  // "12 photos ..."
  int64_t first, end;  // days, beside the one that is compared
};
constexpr int64_t kYear = 365;
constexpr int64_t kSeason = 7;  // on either side of the same day a year ago
constexpr std::array<Earlier, 2> kEarlier = {{
    {"last_week", "last week", "in the week before", -7, 0},
    {"last_year", "the same season of last year", "in the same season of last year", -kYear - kSeason,
     -kYear + kSeason + 1},
}};
static_assert(kSummaryDays > kYear + kSeason);

constexpr double kGrowth = 1.5;  // of the day's photos, from look to look
// From so many photos on a difference that is not seen any more has gone.
constexpr uint64_t kSettles = 100;
constexpr double kFalseAlarmsADay = DriftDetector::kFalseAlarmsPer1000 / kEarlier.size();

const Earlier& EarlierOf(const std::string& against) { return *std::ranges::find(kEarlier, against, &Earlier::kind); }

}  // namespace

std::string EarlierTraffic::code() const {
  switch (why) {
    case Why::kCompared: return "";
    case Why::kNoStore: return "no_store";
    case Why::kUnreadable: return "unreadable";
    case Why::kFewThen: return "few_then";
    case Why::kFewNow: break;
  }
  return "few_now";
}

std::string EarlierTraffic::message() const {
  const Earlier& earlier = EarlierOf(against);
  const auto few = [&](uint64_t photos, const char* when) {
    return StrCat("not enough to compare with ", earlier.name, ": ", photos, photos == 1 ? " photo " : " photos ", when,
                  ", of the ", TrafficSummary::kLeastPhotos, " that it takes");
  };
  switch (why) {
    case Why::kCompared: return StrCat("compared with ", earlier.name);
    case Why::kNoStore:
      return StrCat("not enough to compare with ", earlier.name, ": no records are kept (--store FILE keeps them)");
    case Why::kUnreadable:
      return StrCat("not enough to compare with ", earlier.name, ": the record store cannot be read");
    case Why::kFewThen: return few(photos_then, earlier.photos);
    case Why::kFewNow: break;
  }
  return few(photos_now, "today");
}

TrafficComparison::TrafficComparison() {
  for (size_t i = 0; i < kEarlier.size(); ++i) earlier[i].against = kEarlier[i].kind;
}

void TrafficHistory::Keep(ModelWatch& watch, int64_t day) {
  Past& past = pasts_[watch.name()];
  const bool over = past.day >= 0 && past.day != day;
  if (past.day < 0) past.day = day;
  KeepDay(watch, past, over, day);
  if (!over) return;
  // Findings stay until the new day has enough photos to say otherwise.
  past.day = day;
  past.before = {};
  past.earlier = {};
  past.looks = 0;
  past.looked_at = 0;
  for (EarlierTraffic& one : past.compared.earlier) {
    one.photos_now = 0;
    if (one.why == EarlierTraffic::Why::kCompared) one.why = EarlierTraffic::Why::kFewNow;
  }
}

void TrafficHistory::KeepDay(ModelWatch& watch, Past& past, bool over, int64_t next_day) {
  const int64_t day = past.day;
  const uint64_t generation = watch.Generation();
  const std::optional<DriftBasis> basis = watch.Basis();
  const std::optional<TrafficSummary> passed =
      over ? watch.TakeTraffic(static_cast<uint64_t>(next_day)) : watch.Traffic();
  if (!basis) return;
  if (!over && watch.Generation() != generation) return;  // another model came meanwhile: the next time is its
  if (past.key != basis->key()) {                         // another model saw what is known
    past = Past();
    past.day = day;
    past.key = basis->key();
  }
  // What of this day an earlier run of the service, or the model before this one, has left. Where that cannot be read,
  // nothing is written over it.
  if (!past.before.known || past.generation != generation) {
    store_.Flush();
    past.before = Read(watch.name(), day, day + 1, *basis);
    past.generation = generation;
    if (past.before.known) store_.Append(SummaryKey{watch.name(), watch.KeyOfTraffic()});
  }
  if (!past.before.known) {
    for (EarlierTraffic& one : past.compared.earlier) one.why = EarlierTraffic::Why::kUnreadable;
    return;
  }
  std::vector<TrafficSummary> parts;
  for (const std::optional<TrafficSummary>* part : {&std::as_const(past.before.summary), &passed}) {
    if (*part) parts.push_back(**part);
  }
  Result<TrafficSummary> today = parts.size() == 1 ? std::move(parts[0]) : TrafficSummary::Merge(parts);
  if (!today.ok()) today = passed ? *passed : TrafficSummary(*basis);
  if (passed) store_.Append(DailySummary{day, watch.name(), today->Serialize()});
  for (size_t i = 0; i < kEarlier.size(); ++i) {
    if (past.earlier[i].known) continue;
    past.earlier[i] = Read(watch.name(), day + kEarlier[i].first, day + kEarlier[i].end, *basis);
  }
  Compare(*today, over, *basis, past);
}

TrafficHistory::Stretch TrafficHistory::Read(const std::string& model, int64_t first, int64_t end,
                                             const DriftBasis& basis) const {
  const Result<RecordReader> reader = RecordReader::Open(path_);
  if (!reader.ok()) return {};  // the store says itself what is wrong with it
  const auto days = reader->Summaries({first * kDayMs, end * kDayMs, model});
  if (!days.ok()) return {};
  std::vector<TrafficSummary> parts;
  for (const DailySummary& one : *days) {
    Result<TrafficSummary> parsed = TrafficSummary::Parse(one.bytes, basis);
    if (parsed.ok()) parts.push_back(std::move(*parsed));  // else of another model of that name
  }
  Result<TrafficSummary> merged = TrafficSummary::Merge(parts);
  return {true, merged.ok() ? std::optional(std::move(*merged)) : std::nullopt};
}

void TrafficHistory::Compare(const TrafficSummary& today, bool over, const DriftBasis& basis, Past& past) const {
  const uint64_t photos = today.photos();
  const bool enough = photos >= TrafficSummary::kLeastPhotos;
  const bool grown = static_cast<double>(photos) >= kGrowth * static_cast<double>(past.looked_at);
  const bool look = enough && (grown || (over && photos > past.looked_at));
  if (look) {
    ++past.looks;
    past.looked_at = photos;
  }
  const double budget = kFalseAlarmsADay / (static_cast<double>(past.looks) * (past.looks + 1));
  const bool settles = over || photos >= kSettles;
  std::vector<DriftFinding> findings;
  for (size_t i = 0; i < kEarlier.size(); ++i) {
    const std::optional<TrafficSummary>& then = past.earlier[i].summary;
    EarlierTraffic& said = past.compared.earlier[i];
    said.photos_now = photos;
    said.photos_then = then ? then->photos() : 0;
    said.why = !past.earlier[i].known                            ? EarlierTraffic::Why::kUnreadable
               : said.photos_then < TrafficSummary::kLeastPhotos ? EarlierTraffic::Why::kFewThen
               : !enough                                         ? EarlierTraffic::Why::kFewNow
                                                                 : EarlierTraffic::Why::kCompared;
    const std::string prefix = StrCat(said.against, ".");
    std::vector<DriftFinding> before;
    for (const DriftFinding& old : past.compared.findings) {
      if (old.kind.starts_with(prefix)) before.push_back(old);
    }
    if (said.why == EarlierTraffic::Why::kFewThen) continue;
    if (!look || said.why != EarlierTraffic::Why::kCompared) {
      std::ranges::move(before, std::back_inserter(findings));
      continue;
    }
    for (DriftFinding& old : before) old.kind.erase(0, prefix.size());
    auto found = CompareTraffic(today, *then, basis, said.against, budget, before);
    if (!found.ok()) continue;
    for (size_t k = 0; k < found->size(); ++k) {
      const bool stays = !settles && k < before.size() && before[k].alarm && !(*found)[k].alarm;
      DriftFinding& finding = findings.emplace_back(std::move(stays ? before[k] : (*found)[k]));
      finding.kind.insert(0, prefix);
    }
  }
  past.compared.findings = std::move(findings);
}

const TrafficComparison& TrafficHistory::Of(const std::string& model) const {
  static const TrafficComparison none;
  const auto past = pasts_.find(model);
  return past == pasts_.end() ? none : past->second.compared;
}

}  // namespace frond::serve
