#ifndef FROND_FROND_H_
#define FROND_FROND_H_

/* The C interface of libfrond: photos in, classes out. C99 and C++.
 *
 * Every function that can fail returns 0 on success; otherwise it returns the
 * error's code and, where `error` is not NULL, fills it. Nothing is thrown
 * across this interface and nothing is printed. A classifier, a session and a
 * monitor belong to one caller at a time; different ones may be used from
 * different threads.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What kind of thing went wrong. Values are stable. */
enum frond_code {
  FROND_OK = 0,
  FROND_INVALID_ARGUMENT = 1, /* a value that cannot be used as given */
  FROND_NOT_FOUND = 2,        /* no such file */
  FROND_IO = 3,               /* the operating system refused */
  FROND_BAD_FORMAT = 4,       /* a file that is not what it claims to be, or is damaged */
  FROND_UNSUPPORTED = 5,      /* understood, but outside what frond does */
  FROND_MISMATCH = 6,         /* weights and architecture disagree */
  FROND_LIMIT = 7             /* larger than the stated limit, or no memory */
};

/* Begin with FROND_ERROR_INIT. The texts are the library's: valid until the
 * error is filled again or frond_error_free, and never NULL after a failure. */
typedef struct frond_error {
  int code; /* enum frond_code */
  const char* message;
  const char* remedy; /* what to do about it; may be empty */
  void* reserved;     /* the library's own */
} frond_error;

#define FROND_ERROR_INIT {0, NULL, NULL, NULL}

/* Frees the texts and clears the struct; NULL and a struct without error are fine. */
void frond_error_free(frond_error* error);

/* "bad_format" for FROND_BAD_FORMAT, as in frond's JSON; "ok", or "unknown". Static. */
const char* frond_code_name(int code);

/* "0.1.0". Static. */
const char* frond_version(void);

/* A model with everything that it needs to classify photos. */
typedef struct frond_classifier frond_classifier;

/* Loads a model file, as `frond import` writes it. `threads`: 0 is one for each CPU.
 * On failure *classifier is NULL. */
int frond_classifier_load(const char* path, int threads, frond_classifier** classifier, frond_error* error);

/* NULL is fine. */
void frond_classifier_free(frond_classifier* classifier);

/* Classes that the model tells apart, of all its tasks; 0 for NULL. */
int frond_classifier_class_count(const frond_classifier* classifier);

/* The name of a class, UTF-8, valid as long as the classifier; NULL where the model has
 * no labels or `index` is no class. */
const char* frond_classifier_label(const frond_classifier* classifier, int index);

/* Questions that the model answers about a photo, each with classes of its own: 1 for most
 * models; 0 for NULL. */
int frond_classifier_task_count(const frond_classifier* classifier);

/* The name of a task, UTF-8, valid as long as the classifier; "" where the only one has none,
 * NULL where `task` is no task. */
const char* frond_classifier_task_name(const frond_classifier* classifier, int task);

typedef struct frond_score {
  int index;   /* of the class */
  float score; /* its probability */
} frond_score;

/* The `top` likeliest classes of a photo, highest first, into `scores`, which has room
 * for `top`; *count becomes their number: `top`, or all classes where there are
 * fewer. On failure *count is 0.
 *   _file    a JPEG, PNG or WebP file
 *   _memory  such a file's bytes
 *   _rgb     pixels, 8-bit sRGB, rows from top to bottom, `stride_bytes` from one row
 *            to the next, at least 3 * width
 * FROND_UNSUPPORTED where the model has several tasks: their classes do not compete. */
int frond_classify_file(frond_classifier* classifier, const char* path, int top, frond_score* scores, int* count,
                        frond_error* error);
int frond_classify_memory(frond_classifier* classifier, const void* bytes, size_t size_bytes, int top,
                          frond_score* scores, int* count, frond_error* error);
int frond_classify_rgb(frond_classifier* classifier, const uint8_t* pixels, int width, int height, size_t stride_bytes,
                       int top, frond_score* scores, int* count, frond_error* error);

/* The same for each task. `scores` has room for frond_classifier_task_count() * top: those of
 * task t begin at scores[t * top], and counts[t] is their number. On failure all counts are 0.
 * Indices are among the classes of all tasks, as frond_classifier_label takes them. */
int frond_classify_tasks_file(frond_classifier* classifier, const char* path, int top, frond_score* scores, int* counts,
                              frond_error* error);
int frond_classify_tasks_memory(frond_classifier* classifier, const void* bytes, size_t size_bytes, int top,
                                frond_score* scores, int* counts, frond_error* error);
int frond_classify_tasks_rgb(frond_classifier* classifier, const uint8_t* pixels, int width, int height,
                             size_t stride_bytes, int top, frond_score* scores, int* counts, frond_error* error);

/* A model that runs on tensors of your own. */
typedef struct frond_session frond_session;

/* As frond_classifier_load. */
int frond_session_load(const char* path, int threads, frond_session** session, frond_error* error);

/* NULL is fine. */
void frond_session_free(frond_session* session);

/* The size of the model's input in px, and the logits of an image; 0 for NULL. */
int frond_session_input_height(const frond_session* session);
int frond_session_input_width(const frond_session* session);
int frond_session_output_size(const frond_session* session);

/* A photo, as frond_classify_* take it, as the model's input: 3 x height x width floats in C
 * order, resized, cropped and normalised as the model file says, into `input`. May be called
 * from several threads, also while the session runs. */
int frond_session_input_file(const frond_session* session, const char* path, float* input, frond_error* error);
int frond_session_input_memory(const frond_session* session, const void* bytes, size_t size_bytes, float* input,
                               frond_error* error);
int frond_session_input_rgb(const frond_session* session, const uint8_t* pixels, int width, int height,
                            size_t stride_bytes, float* input, frond_error* error);

/* A batch of such inputs, count x 3 x height x width floats in C order, of any height and width
 * from 1 to 8192 px. The caller's. */
typedef struct frond_images {
  const float* values;
  int count;
  int height;
  int width;
} frond_images;

/* Logits, count x frond_session_output_size() in C order, into `logits`. The first run at a
 * size plans it and takes longer. */
int frond_session_run(frond_session* session, frond_images images, float* logits, frond_error* error);

/* Watches a session at work: latencies, what it calls the images, and whether these still are
 * what the model was trained on (frond/monitor.h says how). */
typedef struct frond_monitor frond_monitor;

/* `session` is not owned: free it after the monitor. `name` is what the JSON calls the model;
 * it is copied. On failure *monitor is NULL. */
int frond_monitor_create(frond_session* session, const char* name, frond_monitor** monitor, frond_error* error);

/* NULL is fine. */
void frond_monitor_free(frond_monitor* monitor);

/* frond_session_run on the monitor's session, observed. */
int frond_monitor_run(frond_monitor* monitor, frond_images images, float* logits, frond_error* error);

/* What is known, a JSON object, UTF-8, whose keys frond/monitor.h lists. *json is the monitor's:
 * valid until the next frond_monitor_json of this monitor or frond_monitor_free. May be called
 * from one other thread while frond_monitor_run runs. On failure *json is NULL. */
int frond_monitor_json(frond_monitor* monitor, const char** json, frond_error* error);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif  // FROND_FROND_H_
