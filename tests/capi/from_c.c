/* The header as a C99 compiler sees it. Returns 0, or the line that is wrong. */
#include "frond/frond.h"

#include <string.h>

int frond_test_from_c(const char* model, const char* photo);

int frond_test_from_c(const char* model, const char* photo) {
  frond_classifier* classifier = NULL;
  frond_error error = FROND_ERROR_INIT;
  frond_score scores[2];
  int count = 0;
  if (frond_classifier_load("/nowhere", 0, &classifier, &error) != FROND_NOT_FOUND) return __LINE__;
  if (classifier != NULL || error.message == NULL || strlen(error.message) == 0) return __LINE__;
  if (frond_classifier_load(model, 0, &classifier, &error) != FROND_OK) return __LINE__;
  if (frond_classify_file(classifier, photo, 2, scores, &count, &error) != FROND_OK) return __LINE__;
  if (count != 2 || scores[0].score < scores[1].score) return __LINE__;
  if (frond_classifier_label(classifier, scores[0].index) == NULL) return __LINE__;
  if (strncmp(frond_version(), "0.", 2) != 0) return __LINE__;
  frond_classifier_free(classifier);
  frond_error_free(&error);
  return 0;
}
