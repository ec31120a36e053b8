/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "folders.h"

static const GenAugmentation *const *
list (void)
{
  return gen_augmentation_list (&gen_medium_sound);
}

void
gst_sound_folders_install (GObjectClass *class, guint first)
{
  for (guint i = 0; list ()[i] != NULL; i++) {
    g_autofree char *name = g_strconcat (list ()[i]->name, "-folder", NULL);
    const char *interned = g_intern_string (name);

    if (list ()[i]->folder != NULL)
      g_object_class_install_property (class, first + i,
          g_param_spec_string (interned, interned, list ()[i]->folder, NULL,
              G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
  }
}

void
gst_sound_folders_set (GstSoundFolders *self, guint index, const GValue *value)
{
  g_free (self->locations[index]);
  self->locations[index] = g_value_dup_string (value);
}

void
gst_sound_folders_get (const GstSoundFolders *self, guint index, GValue *value)
{
  g_value_set_string (value, self->locations[index]);
}

void
gst_sound_folders_clear (GstSoundFolders *self)
{
  for (guint i = 0; i < GEN_AUGMENT_MAX; i++)
    g_clear_pointer (&self->locations[i], g_free);
}

gboolean
gst_sound_folders_open (const GstSoundFolders *self, GenAugmentSettings *settings, GError **error)
{
  for (guint i = 0; list ()[i] != NULL; i++) {
    if (self->locations[i] == NULL)
      continue;
    settings->sounds[i] = gen_augment_sounds_open (self->locations[i], error);
    if (settings->sounds[i] == NULL) {
      g_prefix_error (error, "%s-folder: ", list ()[i]->name);
      return FALSE;
    }
  }
  return TRUE;
}

void
gst_sound_folders_close (GenAugmentSettings *settings)
{
  for (guint i = 0; i < GEN_AUGMENT_MAX; i++)
    g_clear_pointer (&settings->sounds[i], gen_augment_sounds_free);
}
