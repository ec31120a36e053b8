/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of classes beside data that have room for their numbers alone: classes.txt, a name a line,
 * of which the first is that of class 0. */
#pragma once

#include <glib.h>

#define GEN_CLASS_NAMES "classes.txt"

/* More classes are a mistake. */
#define GEN_DATASET_MAX_CLASSES (1 << 20)

/* Those of the file in `folder`, of char *; none where there is no such file, or it is no text.
 * (transfer full) */
GPtrArray *gen_class_names_read (const char *folder);
/* The file is made, or replaced, as a whole. */
gboolean gen_class_names_write (const char *folder, const GPtrArray *names, GError **error);

/* Let classes whose `names` are their numbers have those of the file in `folder`, if it names all
 * of them. */
void gen_class_names_apply (const char *folder, GPtrArray *names);

/* What a line of it says where nobody has named class `number`. */
gboolean gen_class_names_is_number (const char *name, guint number);
/* Let there be at least `n` names: numbers, where there is no other. */
void gen_class_names_extend (GPtrArray *names, guint n);
/* The number of the class of that name, or -1. */
int gen_class_names_find (const GPtrArray *names, const char *name);
