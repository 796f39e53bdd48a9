#ifndef FROND_TASK_H_
#define FROND_TASK_H_

#include <cstddef>
#include <span>
#include <string>

namespace frond {

// One question that a network answers about a photo ("crop"), whose classes (coffee, rice) lie side by side among the
// network's outputs. The tasks of a network lie one behind the other and leave no output out.
struct Task {
  std::string name;  // empty where it is the only one and nobody named it
  int first = 0;     // of its classes, among those of all tasks
  int classes = 0;

  // Its part of what has an entry for each class of all tasks: labels, logits.
  template <class T>
  std::span<T> Of(std::span<T> all) const {
    return all.subspan(static_cast<size_t>(first), static_cast<size_t>(classes));
  }

  bool operator==(const Task&) const = default;
};

}  // namespace frond

#endif  // FROND_TASK_H_
