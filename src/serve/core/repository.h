#ifndef FROND_SRC_SERVE_CORE_REPOSITORY_H_
#define FROND_SRC_SERVE_CORE_REPOSITORY_H_

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "frond/model.h"
#include "frond/result.h"
#include "src/monitor/model_watch.h"
#include "src/serve/core/scheduler.h"

namespace frond::serve {

// A model as clients know it.
struct ModelEntry {
  std::string name;
  std::string version = "1";
  std::string file;

  // "name/version": what watches, records, alarms and logs call it.
  std::string FullName() const { return name + "/" + version; }
};

// "FILE", "NAME=FILE" or "NAME/VERSION=FILE"; without a name it is that of the file. Errors: kInvalidArgument for names
// and versions with other characters than letters, digits, '.', '_' and '-'.
Result<ModelEntry> ParseModelEntry(const std::string& text);

// One that is loaded and answers.
struct ServedModel {
  ModelEntry entry;
  Model model;
  std::unique_ptr<Scheduler> scheduler;
  std::shared_ptr<ModelWatch> watch;  // null: it is not watched
};

// The models that are served. Safe to use from several threads.
class Repository {
 public:
  // Without `watch` the models are not watched.
  explicit Repository(const SchedulerOptions& options, std::optional<WatchOptions> watch = WatchOptions())
      : options_(options), watch_(watch) {}
  // Answers what waits.
  ~Repository();
  Repository(const Repository&) = delete;
  Repository& operator=(const Repository&) = delete;

  // Loads the file, then takes the place of what has the same name and version; that answers the requests it has
  // before it goes. Waits for it. Errors: those of Model::Load and Scheduler::Create; then all is as before.
  Status Load(const ModelEntry& entry);
  // Loads all versions of a model anew, from the files they came from. Errors: kNotFound; those of Load, of the first
  // that fails, after the others were loaded.
  Status Reload(const std::string& name);
  // Null where there is none. Without a version: the one that was added last.
  std::shared_ptr<const ServedModel> Find(const std::string& name, const std::string& version) const;
  // In the order they were first loaded.
  std::vector<std::shared_ptr<const ServedModel>> All() const;
  // Requests that wait or run.
  size_t pending() const;

 private:
  Status LoadOrThrow(const ModelEntry& entry);
  // The one that a model of that name and version already has, or a new one.
  std::shared_ptr<ModelWatch> WatchOf(const ModelEntry& entry) const;

  const SchedulerOptions options_;
  const std::optional<WatchOptions> watch_;
  std::mutex loading_;  // one model at a time takes another's place
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const ServedModel>> models_;
};

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_CORE_REPOSITORY_H_
