#include "src/serve/core/repository.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <ranges>
#include <thread>
#include <utility>

#include "src/base/format.h"

namespace frond::serve {
namespace {

// What can stand in a path of the protocol.
bool IsName(const std::string& text) {
  const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-'; };
  return !text.empty() && std::ranges::all_of(text, allowed);
}

// Ends a model here, not where the last request of it ends: that is one of the threads that its end waits for.
void Retire(std::shared_ptr<const ServedModel>& model) {
  while (model && model.use_count() > 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  model.reset();
}

}  // namespace

Repository::~Repository() {
  for (std::shared_ptr<const ServedModel>& model : models_) Retire(model);
}

Result<ModelEntry> ParseModelEntry(const std::string& text) {
  ModelEntry entry;
  const size_t equals = text.find('=');
  entry.file = equals == std::string::npos ? text : text.substr(equals + 1);
  std::string name = equals == std::string::npos ? std::string() : text.substr(0, equals);
  if (const size_t slash = name.find('/'); slash != std::string::npos) {
    entry.version = name.substr(slash + 1);
    name.resize(slash);
  }
  if (equals == std::string::npos) {
    name = std::filesystem::path(entry.file).stem().string();
    std::ranges::replace_if(name, [](char c) { return !IsName(std::string(1, c)); }, '_');
  }
  entry.name = name;
  if (!IsName(entry.name) || !IsName(entry.version) || entry.file.empty()) {
    return Error{ErrorCode::kInvalidArgument, StrCat(Quote(text), " names no model to serve"),
                 "give FILE, NAME=FILE or NAME/VERSION=FILE; names are of letters, digits, '.', '_' and '-'"};
  }
  return entry;
}

Status Repository::Load(const ModelEntry& entry) {
  const std::lock_guard lock(loading_);
  try {
    return LoadOrThrow(entry);
  } catch (const std::exception&) {  // memory, threads
    return Error{ErrorCode::kLimit, StrCat("no memory for another ", entry.name), "free memory"};
  }
}

Status Repository::LoadOrThrow(const ModelEntry& entry) {
  FROND_ASSIGN(const Model model, Model::Load(entry.file));
  std::shared_ptr<ModelWatch> watch = WatchOf(entry);
  FROND_ASSIGN(std::unique_ptr<Scheduler> scheduler, Scheduler::Create(model, options_, watch));
  if (watch) watch->Begin(model);
  auto served = std::make_shared<const ServedModel>(ServedModel{entry, model, std::move(scheduler), watch});
  std::shared_ptr<const ServedModel> old;
  {
    const std::lock_guard lock(mutex_);
    const auto same = std::ranges::find_if(models_, [&](const auto& other) {
      return other->entry.name == entry.name && other->entry.version == entry.version;
    });
    if (same == models_.end()) {
      models_.push_back(std::move(served));
    } else {
      old = std::exchange(*same, std::move(served));
    }
  }
  Retire(old);
  return {};
}

std::shared_ptr<ModelWatch> Repository::WatchOf(const ModelEntry& entry) const {
  if (!watch_) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto same = std::ranges::find_if(models_, [&](const auto& other) {
    return other->entry.name == entry.name && other->entry.version == entry.version;
  });
  if (same != models_.end()) return (*same)->watch;
  return std::make_shared<ModelWatch>(entry.FullName(), *watch_);
}

Status Repository::Reload(const std::string& name) {
  // Not the models: Load waits until nobody holds the one that goes.
  std::vector<ModelEntry> entries;
  for (const auto& model : All()) {
    if (model->entry.name == name) entries.push_back(model->entry);
  }
  if (entries.empty()) return Error{ErrorCode::kNotFound, "there is no such model", ""};
  Status status;
  for (const ModelEntry& entry : entries) {
    const Status loaded = Load(entry);
    if (status.ok()) status = loaded;
  }
  return status;
}

std::shared_ptr<const ServedModel> Repository::Find(const std::string& name, const std::string& version) const {
  const std::lock_guard lock(mutex_);
  for (const auto& model : models_ | std::views::reverse) {
    if (model->entry.name == name && (version.empty() || model->entry.version == version)) return model;
  }
  return nullptr;
}

std::vector<std::shared_ptr<const ServedModel>> Repository::All() const {
  const std::lock_guard lock(mutex_);
  return models_;
}

size_t Repository::pending() const {
  size_t sum = 0;
  for (const auto& model : All()) sum += model->scheduler->pending();
  return sum;
}

}  // namespace frond::serve
