/* classify_c MODEL PHOTO: prints the likeliest classes of a photo. */
#include <frond/frond.h>
#include <stdio.h>

int main(int argc, char** argv) {
  frond_classifier* classifier = NULL;
  frond_error error = FROND_ERROR_INIT;
  frond_score scores[5];
  int count = 0;
  int i;
  if (argc != 3) return fprintf(stderr, "usage: classify_c MODEL PHOTO\n"), 2;
  if (frond_classifier_load(argv[1], /*threads=*/2, &classifier, &error) != FROND_OK ||
      frond_classify_file(classifier, argv[2], 5, scores, &count, &error) != FROND_OK) {
    fprintf(stderr, "%s; %s\n", error.message, error.remedy);
  }
  for (i = 0; i < count; ++i) {
    const char* label = frond_classifier_label(classifier, scores[i].index);
    printf("%.4f  %s\n", scores[i].score, label != NULL ? label : "");
  }
  frond_classifier_free(classifier);
  frond_error_free(&error);
  return count > 0 ? 0 : 1;
}
