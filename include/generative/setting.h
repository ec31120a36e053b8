/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <glib.h>

G_BEGIN_DECLS

/**
 * GenSetting: a field of a struct that has a name, so that it can be a property of an element, a
 * key of a file and a line in a record of what was done. Each such struct has a list of them.
 */
typedef enum {
  GEN_SETTING_FLAG,   /* gboolean */
  GEN_SETTING_INT,    /* int */
  GEN_SETTING_UINT,   /* guint */
  GEN_SETTING_UINT64, /* guint64 */
  GEN_SETTING_DOUBLE, /* double */
  GEN_SETTING_TEXT,   /* char *, owned */
  GEN_SETTING_CHOICE, /* int, a place in `choices` */
  GEN_SETTING_FAMILY, /* a member of a family (preset.h, loss.h, optimizer.h) */
} GenSettingType;

typedef struct {
  const char *name, *nick;
  const char *description;
  GenSettingType type;
  gsize offset;            /* in the struct */
  double minimum, maximum; /* of numbers; INFINITY: as far as the type reaches */
  gboolean of_learning;    /* of a training: what is learned depends on it */
  const char *const *choices;
  const char *const *choice_texts;                          /* what each of them is; may be NULL */
  gconstpointer (*find) (const char *name, GError **error); /* of a family */
  /* Settings of the same list, ended by NULL: where all of them are 0, FALSE or unset, nothing
   * hangs on this one. NULL: it stands for itself. Since: 0.2 */
  const char *const *with;
} GenSetting;

/* The one of `n` that has that name, or NULL with `error` (G_IO_ERROR), which lists them. */
GEN_API const GenSetting *gen_setting_find (
    const GenSetting *list, guint n, const char *name, GError **error);

/* Set a field of `record`: numbers as any of GVariant's types for them, choices and members of
 * families by their names; NULL, where a text is to be unset. FALSE with `error` (G_IO_ERROR or the
 * family's), which does not name the setting, when the type is another or the value is out of
 * range. `value` is sunk. */
GEN_API gboolean gen_setting_set (
    gpointer record, const GenSetting *setting, GVariant *value, GError **error);
/* What is written as `text`, as a command line has it, for gen_setting_set: texts and names as they
 * are. NULL with `error`, which does not name the setting, where it is no number or flag. (transfer
 * full) Since: 0.2 */
GEN_API GVariant *gen_setting_parse (const GenSetting *setting, const char *text, GError **error);
/* b, i, u, t, d or s; NULL for a text that is unset. (transfer floating) */
GEN_API GVariant *gen_setting_get (gconstpointer record, const GenSetting *setting);

/* Free the texts of `record`, or make those that it shares with another its own. */
GEN_API void gen_setting_clear_texts (gpointer record, const GenSetting *list, guint n);
GEN_API void gen_setting_copy_texts (gpointer record, const GenSetting *list, guint n);

G_END_DECLS
