#ifndef FROND_TESTS_SUPPORT_TINY_MODEL_H_
#define FROND_TESTS_SUPPORT_TINY_MODEL_H_

#include <string>

namespace frond {

// Imports tests/golden/tiny's network as a model file with the five labels
// apple, birch, cherry, date, elder. Throws std::runtime_error where that fails.
void WriteTinyModel(const std::string& path);

// The same with two tasks: fruit (apple, birch) of the temperature 0.5 and tree (cherry, date, elder) of 2.
void WriteTinyTasksModel(const std::string& path);

// The same without classifier: a feature extractor of 32 channels.
void WriteTinyExtractor(const std::string& path);

}  // namespace frond

#endif  // FROND_TESTS_SUPPORT_TINY_MODEL_H_
