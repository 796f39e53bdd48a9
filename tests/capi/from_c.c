/* The header as a C99 compiler sees it. Returns 0, or the line that is wrong. */
#include "frond/frond.h"

#include <stdlib.h>
#include <string.h>

int frond_test_from_c(const char* model, const char* photo);

static int watch_from_c(const char* model, const char* photo) {
  frond_session* session = NULL;
  frond_monitor* monitor = NULL;
  frond_images images = {NULL, 1, 0, 0};
  float* input;
  float logits[5];
  const char* json = NULL;
  if (frond_session_load(model, 1, &session, NULL) != FROND_OK) return __LINE__;
  if (frond_monitor_create(session, "crop-disease-v1", &monitor, NULL) != FROND_OK) return __LINE__;
  images.height = frond_session_input_height(session);
  images.width = frond_session_input_width(session);
  input = malloc(sizeof(float) * 3 * (size_t)images.height * (size_t)images.width);
  if (input == NULL || frond_session_output_size(session) != 5) return __LINE__;
  if (frond_session_input_file(session, photo, input, NULL) != FROND_OK) return __LINE__;
  images.values = input;
  if (frond_monitor_run(monitor, images, logits, NULL) != FROND_OK) return __LINE__;
  if (frond_monitor_json(monitor, &json, NULL) != FROND_OK) return __LINE__;
  if (strstr(json, "crop-disease-v1") == NULL) return __LINE__;
  frond_monitor_free(monitor);
  frond_session_free(session);
  free(input);
  return 0;
}

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
  return watch_from_c(model, photo);
}
