/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/augment.h>
#include <gst/gst.h>

/* The folders that augmentations take other sounds from: a property for each augmentation that has
 * one, `background-folder` of `background`. */
typedef struct {
  char *locations[GEN_AUGMENT_MAX]; /* as the list has them; NULL: none */
} GstSoundFolders;

/* Properties numbered from `first` on, GEN_AUGMENT_MAX numbers. */
void gst_sound_folders_install (GObjectClass *class, guint first);
/* Property number `index` of them. Under the object lock. */
void gst_sound_folders_set (GstSoundFolders *self, guint index, const GValue *value);
void gst_sound_folders_get (const GstSoundFolders *self, guint index, GValue *value);
void gst_sound_folders_clear (GstSoundFolders *self);

/* Open them for `settings`; FALSE with what is wrong with one, which names its property. */
gboolean gst_sound_folders_open (
    const GstSoundFolders *self, GenAugmentSettings *settings, GError **error);
void gst_sound_folders_close (GenAugmentSettings *settings);
