/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What elements that mark have in common: the properties of the key, of what marks carry and of how
 * strong they are, and the switch, which is the property `enabled` and the environment's
 * GENERATIVE_MARK. */
#pragma once

#include <generative/mark.h>
#include <gst/gst.h>

/* Their order is that of the properties. */
enum {
  GST_GENERATIVE_MARK_KEY,
  GST_GENERATIVE_MARK_OPERATOR,
  GST_GENERATIVE_MARK_MODEL,
  GST_GENERATIVE_MARK_TIME,
  GST_GENERATIVE_MARK_PAYLOAD,
  GST_GENERATIVE_MARK_STRENGTH,
  GST_GENERATIVE_MARK_ENABLED,
  GST_GENERATIVE_MARK_N_PROPERTIES,
};

typedef struct {
  /* Under the element's object lock. */
  char *key, *model, *payload;
  guint operator_id;
  gint64 time;
  double strength;
  gboolean enabled;

  /* From start on, the streaming thread's. */
  gboolean marks;    /* the environment does not say no */
  gboolean said_off; /* that the property does */
} GstGenerativeMarkSettings;

/* Install the properties; their numbers are `first` and those behind it. `strength` is at most
 * `most`. */
void gst_generative_mark_settings_install (GObjectClass *klass, guint first, double most);
void gst_generative_mark_settings_init (GstGenerativeMarkSettings *settings);
void gst_generative_mark_settings_clear (GstGenerativeMarkSettings *settings);
/* The property GST_GENERATIVE_MARK_… `number` of `element`, which has been asked whether it may be
 * set; FALSE where it is none. */
gboolean gst_generative_mark_settings_set (
    GstGenerativeMarkSettings *settings, gpointer element, guint number, const GValue *value);
gboolean gst_generative_mark_settings_get (
    GstGenerativeMarkSettings *settings, gpointer element, guint number, GValue *value);

/* The element starts: what it marks by, and with. FALSE when an error was posted; TRUE without a
 * `key` where the environment says that nothing is marked, which was told. */
gboolean gst_generative_mark_settings_start (
    GstGenerativeMarkSettings *settings, GstElement *element, GenMarkKey **key, guint64 *bits);
/* How strong what comes next is to be marked; 0: it passes as it is, which is told once. */
double gst_generative_mark_settings_next (GstGenerativeMarkSettings *settings, GstElement *element);
