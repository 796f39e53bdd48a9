#ifndef FROND_SRC_WEIGHTS_TASKS_H_
#define FROND_SRC_WEIGHTS_TASKS_H_

#include <string>
#include <string_view>
#include <vector>

#include "frond/result.h"
#include "frond/task.h"

namespace frond {

// A network's one task without a name; none for no classes.
std::vector<Task> UnnamedTask(int classes);

// Whether tasks lie one behind the other, fill `num_classes` classes and have names of their own: each of 1 to 256
// bytes of UTF-8 of one line. Errors: kInvalidArgument.
Status CheckTasks(const std::vector<Task>& tasks, int num_classes);

// frond.tasks: [{"name", "classes"}]. Errors: kBadFormat, kLimit; those of CheckTasks as kBadFormat.
Result<std::vector<Task>> ParseTasksJson(std::string_view json, int num_classes);
std::string TasksToJson(const std::vector<Task>& tasks);

// frond.calibration: {"temperature"} of a task without a name, else {"temperatures"}, one for each task; each positive.
// Errors: kBadFormat.
Result<std::vector<double>> ParseCalibrationJson(std::string_view json, const std::vector<Task>& tasks);
std::string CalibrationToJson(const std::vector<double>& temperatures, const std::vector<Task>& tasks);

bool IsTemperature(double value);  // positive and finite

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_TASKS_H_
