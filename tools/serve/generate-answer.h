/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How what is made for a request goes back to whoever asked: one file as it is, several as parts or
 * lines, in JSON, or as events; each as soon as it is made. Who goes away before the end has no
 * more made. */
#pragma once

#include "generate-pool.h"
#include "http.h"

typedef struct _ServeAnswer ServeAnswer;

/* A way to hand files over. What it writes is appended to `out`. */
typedef struct {
  const char *media_type; /* NULL: that of the file */
  gboolean whole;         /* nothing goes out before all is made */
  void (*begin_file) (ServeAnswer *answer, guint number);
  void (*add) (ServeAnswer *answer, GBytes *bytes);
  void (*end_file) (ServeAnswer *answer, guint number);
  void (*finish) (ServeAnswer *answer);
} ServeAnswerKind;

struct _ServeAnswer {
  const ServeAnswerKind *kind;
  ServeRequest *request;
  SoupServerMessage *message;
  ServeServer *server;
  ServePool *pool;
  char *version; /* which makes it, or NULL */
  ServeWork *work;
  GByteArray *out;
  int base64_state, base64_rest; /* of the file that comes, where it goes out as text */
  gboolean begun, file_begun, ended;
  guint gone; /* source that tells when nobody is there any more */
};

extern const ServeAnswerKind serve_answer_file;      /* the only file as it is */
extern const ServeAnswerKind serve_answer_multipart; /* multipart/mixed (RFC 2046) */
extern const ServeAnswerKind serve_answer_lines;     /* a line of JSON each */
extern const ServeAnswerKind serve_answer_json;      /* {"created": …, "data": […]} */
extern const ServeAnswerKind serve_answer_images;    /* events image_generation.completed */
extern const ServeAnswerKind serve_answer_speech;    /* events speech.audio.delta, …done */

/* Have `made` (taken) made by `pool`, which is of `version` of its model, in its format, and answer
 * `request` with it, later. How it went is noted for a trial of versions. */
void serve_answer (ServeRequest *request, const ServeAnswerKind *kind, ServePool *pool,
    const char *version, GenServeRequest *made, ServeSigning *signing);

/* Answer with an error of any of ours, by its code and field. */
void serve_answer_refuse (ServeRequest *request, const GError *error);

/* The boundary between parts. (transfer full) */
char *serve_answer_boundary (const ServeAnswer *answer);
