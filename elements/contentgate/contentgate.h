/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The element, which contentgate.c (the class), properties.c, open.c (the model or the list, and
 * what it is asked for), judge.c (each frame), change.c (what becomes of it), picture.c (frames, as
 * they are looked at and changed), hold.c (items that a person decides on) and audit.c (what is
 * written down of it all) share. */
#pragma once

#include <generative/audit-log.h>
#include <generative/content-gate.h>
#include <generative/deny-list.h>
#include <generative/detector.h>
#include <generative/features.h>
#include <generative/hold-folder.h>
#include <generative/obscure.h>

#include "../shared/score-filter.h"

#define GST_TYPE_CONTENT_GATE (gst_content_gate_get_type ())
G_DECLARE_FINAL_TYPE (GstContentGate, gst_content_gate, GST, CONTENT_GATE, GstScoreFilter)

typedef enum {
  GST_CONTENT_GATE_TAG,
  GST_CONTENT_GATE_BLUR,
  GST_CONTENT_GATE_PIXELATE,
  GST_CONTENT_GATE_REPLACE,
  GST_CONTENT_GATE_MUTE,
  GST_CONTENT_GATE_DROP,
  GST_CONTENT_GATE_HOLD,
} GstContentGateAction;

/* How a model's numbers become scores. */
typedef enum {
  GST_CONTENT_GATE_SCORES_AUTO,
  GST_CONTENT_GATE_SCORES_SOFTMAX,
  GST_CONTENT_GATE_SCORES_SIGMOID,
  GST_CONTENT_GATE_SCORES_NONE,
} GstContentGateScores;

typedef enum { GST_CONTENT_GATE_FAIL_CLOSED, GST_CONTENT_GATE_FAIL_OPEN } GstContentGateFail;
typedef enum {
  GST_CONTENT_GATE_HOLD_AUTO,
  GST_CONTENT_GATE_HOLD_WAIT,
  GST_CONTENT_GATE_HOLD_SLATE,
} GstContentGateHoldMode;
typedef enum {
  GST_CONTENT_GATE_POLICY_REJECT,
  GST_CONTENT_GATE_POLICY_APPROVE,
} GstContentGatePolicy;

typedef struct {
  char *model, *labels, *labels_file, *boxes, *deny_list, *replacement, *slate, *hold_location;
  char *audit_log, *audit_key;
  double threshold, smoothing, hysteresis, strength, margin, window, hop, hold_timeout;
  guint colour;
  int action, scores, fail, hold_mode, hold_policy;
} GstContentGateSettings;

enum {
  GST_CONTENT_GATE_CLOSED,
  GST_CONTENT_GATE_LABEL,
  GST_CONTENT_GATE_SCORE,
  GST_CONTENT_GATE_BOXES,
  GST_CONTENT_GATE_N_FIELDS,
};

/* An item that is held. */
typedef struct {
  GenHoldFolder *folder; /* from open to close; NULL: nothing is held */
  gboolean there;        /* one is, of the span of time that the gate is closed for */
  guint64 number;
  gint64 deadline; /* of g_get_real_time; 0: none */
  GenDecision decision;
  gint64 asked; /* when the folder was last looked at */

  GMutex lock;
  GCond cond;
  /* Under the lock: nobody is to wait. A flush that ends does not end the other. */
  gboolean flushing, stopping;
} GstContentGateHold;

struct _GstContentGate {
  GstScoreFilter parent;

  GstContentGateSettings settings; /* under the object lock */

  /* From open to close. */
  GstContentGateSettings now; /* those that hold as long; `action` as of the last frame */
  const GenMedium *medium;    /* of the model that is open; NULL: none */
  GenFeatures *features;      /* one of these three, once there is a format */
  GenDetector *detector;
  GenDenyList *list;
  GenContentGate *gate; /* NULL: of texts */
  int n_classes;
  float *row;
  double *scores; /* one a class */
  float *samples; /* of the last window */
  gsize n_samples;
  gboolean has_before;          /* that was whole, and what comes next follows it */
  GenPicture slate;             /* as the file has it; no data: none */
  GstVideoFrame fitted;         /* as frames are; no buffer: none */
  GstVideoConverter *converter; /* to what models are shown; NULL: frames as they are */
  GstVideoFrame shown;
  GByteArray *scratch;
  GstContentGateHold hold;
  GenAuditLog *audit;      /* NULL: nothing is written down */
  gboolean audit_settings; /* what is judged by has been */
  gboolean audit_failed;   /* something could not be, and an error was posted */

  /* Of the frame that was judged last. */
  GenContentVerdict verdict;
  gboolean closed;
  const char *label;  /* that it is closed for */
  char *reason;       /* why no score was to be had, or NULL */
  GArray *detections; /* of GenDetection: those that count */
  GArray *matches;    /* of GenDenyMatch */
  GstClockTime pts;
  gboolean told_closed; /* on the bus */
  gboolean told_failed;
  guint64 tone; /* frames of it so far */

  guint64 judged, closed_count, failed_count;
};

/* --- contentgate.c --- */

/* In frames, once there is a format. */
void gst_content_gate_get_window (GstScoreFilter *filter, guint64 *window, guint64 *hop);

/* --- properties.c --- */

void gst_content_gate_install_properties (GObjectClass *klass);
void gst_content_gate_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec);
void gst_content_gate_get_property (
    GObject *object, guint property_id, GValue *value, GParamSpec *pspec);
/* As they are where nobody says anything. */
void gst_content_gate_settings_init (GstContentGateSettings *settings);

/* --- open.c --- */

gboolean gst_content_gate_open (GstScoreFilter *filter);
void gst_content_gate_close (GstScoreFilter *filter);
gboolean gst_content_gate_set_format (
    GstScoreFilter *filter, GstCaps *caps, const GstScoreFormat *format);
void gst_content_gate_settings_clear (GstContentGateSettings *settings);

/* --- judge.c --- */

GstFlowReturn gst_content_gate_measure (
    GstScoreFilter *filter, GstScoreFrame *frame, double *values);
/* Run the model on a black picture or on silence of the format. FALSE with `error`. */
gboolean gst_content_gate_try (GstContentGate *self, const GenFormat *format, GError **error);
void gst_content_gate_interrupt (GstScoreFilter *filter);

/* --- change.c --- */

GstFlowReturn gst_content_gate_change (
    GstScoreFilter *filter, GstBuffer **buffer, gboolean *passes);
/* Whether `action` can be done to what has `format`; FALSE when an error was posted. */
gboolean gst_content_gate_check_action (
    GstContentGate *self, const GstScoreFormat *format, int action);
/* The slate, silence or nothing is put into `*buffer`. FALSE when it cannot be mapped. */
gboolean gst_content_gate_put_slate (GstContentGate *self, GstBuffer **buffer);

/* Post that a buffer cannot be mapped. Returns FALSE. */
gboolean gst_content_gate_fail_map (GstContentGate *self);

/* --- picture.c --- */

/* Frames are of `info` from now on. FALSE with `error`. */
gboolean gst_content_gate_fit_pictures (
    GstContentGate *self, const GstVideoInfo *info, GError **error);
void gst_content_gate_forget_pictures (GstContentGate *self);
/* A frame as models are shown it, in RGB or grey: until the next is looked at, or `video` is
 * unmapped. */
GenPicture gst_content_gate_look (GstContentGate *self, const GstVideoFrame *video);
/* Obscured as the action says; with `slated` it is the slate, or all of it has the colour. FALSE
 * when an error was posted. */
gboolean gst_content_gate_change_picture (
    GstContentGate *self, GstBuffer **buffer, gboolean slated);

/* --- hold.c --- */

/* `*buffer`, for which the gate is closed, is held: it passes once it is approved, or the slate
 * does meanwhile. */
GstFlowReturn gst_content_gate_hold (GstContentGate *self, GstBuffer **buffer, gboolean *passes);
/* The gate is open, or what comes next does not follow: what is held next is another item. */
void gst_content_gate_end_hold (GstContentGate *self);
/* `flag` is one of the two of `hold`: whoever waits is not to, or may again. */
void gst_content_gate_set_flag (GstContentGate *self, gboolean *flag, gboolean value);

/* --- audit.c --- */

gboolean gst_content_gate_open_audit (GstContentGate *self);
void gst_content_gate_close_audit (GstContentGate *self);
/* What is judged by from here on: to be called before the files are read, so that it is nothing
 * newer. FALSE with `error` where one cannot be. */
gboolean gst_content_gate_audit_settings (
    GstContentGate *self, const GenMedium *medium, GError **error);
/* These do nothing where there is no log, and set `audit_failed` where it cannot be written. */
void gst_content_gate_audit_action (GstContentGate *self);
void gst_content_gate_audit_state (GstContentGate *self);
void gst_content_gate_audit_held (GstContentGate *self, const GenHeldItem *item);
void gst_content_gate_audit_outcome (
    GstContentGate *self, const char *event, const GenHoldDecision *decision);
