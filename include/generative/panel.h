/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/picture.h>

G_BEGIN_DECLS

/**
 * GenPanel: figures as text with a curve of their last values, drawn into a grey picture in which
 * 255 is ink and 0 is ground, for whoever lays it over a video. Letters are a font of 5 by 7 of
 * its own, in whole multiples.
 *
 * Since: 0.2
 */
typedef struct _GenPanel GenPanel;

/* Keep `history` values of each figure for its curve; 0: no curves. */
GEN_API GenPanel *gen_panel_new (guint history);
GEN_API void gen_panel_free (GenPanel *panel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenPanel, gen_panel_free)
GEN_API void gen_panel_set_history (GenPanel *panel, guint history);
/* Forget all figures. */
GEN_API void gen_panel_clear (GenPanel *panel);

/* A figure's next value; one that is not finite leaves a gap in the curve. */
GEN_API void gen_panel_put (GenPanel *panel, const char *name, double value);
/* A text in the place of a value, as the name of a class: without a curve, and cut where it is
 * longer than the line. Letters that the font has not are written by those that are nearest. */
GEN_API void gen_panel_put_text (GenPanel *panel, const char *name, const char *text);
/* How many there are. */
GEN_API guint gen_panel_count (const GenPanel *panel);

/* The picture of those figures whose name is in `names`, in that order (NULL: of all, as they
 * came), with letters `scale` times their size: smaller ones, and then fewer figures, where it
 * would not fit into `width` by `height` pixels. It has one channel, stays the panel's until the
 * next call, and has no extent where nothing fits or there is nothing. */
GEN_API const GenPicture *gen_panel_draw (
    GenPanel *panel, const char *const *names, int scale, int width, int height);

G_END_DECLS
