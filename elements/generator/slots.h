/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Buffers that are gathered for one run, a slot each, and what the run makes of them, which is
 * handed out one by one. All of it is of the streaming thread. */
#pragma once

#include "mode.h"

typedef struct {
  GstBuffer *input, *output;
  GstGeneratorMapped mapped; /* the input, while it runs */
  GstGenerativeFrame frame;  /* the output, likewise */
} GstGeneratorSlot;

typedef struct {
  GstGeneratorContext context;
  GstGeneratorSlot *slots; /* as buffers come */
  guint capacity;
  guint n_gathered, n_made, n_given;
} GstGeneratorSlots;

/* How a mode makes of a slot's input what it is, and all of them at once. */
typedef struct {
  /* Let the slot have an output. */
  GstFlowReturn (*allocate) (gpointer mode, GstGeneratorSlot *slot);
  /* Run on what is gathered, all of which is mapped. */
  gboolean (*run) (gpointer mode, GError **error);
} GstGeneratorSlotsClass;

void gst_generator_slots_init (
    GstGeneratorSlots *slots, const GstGeneratorContext *context, guint capacity);
void gst_generator_slots_clear (GstGeneratorSlots *slots);
/* Drop what is gathered and what is made, and what goes with it on other pads. */
void gst_generator_slots_forget (GstGeneratorSlots *slots);

/* One more. (transfer full) */
void gst_generator_slots_gather (GstGeneratorSlots *slots, GstBuffer *input);
/* Make what `class` makes of what is gathered. What went wrong has been posted, and all is
 * forgotten. */
GstFlowReturn gst_generator_slots_make (
    GstGeneratorSlots *slots, const GstGeneratorSlotsClass *class, gpointer mode);
/* The next one that was made, or NULL. (transfer full) */
GstBuffer *gst_generator_slots_take (GstGeneratorSlots *slots);
/* Push all that was made and is still there. */
GstFlowReturn gst_generator_slots_push (GstGeneratorSlots *slots);
