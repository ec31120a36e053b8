/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/medium.h>

/* A sheet of examples, a row each: a picture, what an attack made of it, and what it changed, with
 * grey for nothing, amplified until the greatest change is white or black. */
typedef struct _AttackSheet AttackSheet;

/* (transfer full) */
AttackSheet *attack_sheet_new (const GenFormat *format);
void attack_sheet_free (AttackSheet *sheet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AttackSheet, attack_sheet_free)

/* Offer an example, numbers from 0 to 1: the first ones that were fooled are kept, and as many of
 * others as are missing. */
void attack_sheet_add (
    AttackSheet *sheet, const float *clean, const float *changed, gboolean fooled);
/* FALSE with `error` where the file cannot be written, or no example was offered. */
gboolean attack_sheet_save (const AttackSheet *sheet, const char *path, GError **error);
