/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which random numbers a node draws, when it is not where the model has it: in a loop that is
 * written out, in a gradient that computes it again, or among what an operator is made of. */
#include <generative/random.h>

#include "graph-private.h"

guint64
gen_draw_of (const GenDraw *draw, guint64 run)
{
  return (draw->shift < 64 ? run << draw->shift : 0) + draw->offset;
}

void
gen_node_draw_in_loop (GenNode *node, const GenNode *like, const GenDraw *loop, guint64 i)
{
  /* First what the loop's own draw is, then the iteration, then what is within. */
  guint64 offset = (loop->offset << GEN_DRAW_SHIFT) + i;

  node->id = like->id;
  node->stream = like->stream;
  node->draw = (GenDraw){ .shift = loop->shift + GEN_DRAW_SHIFT + like->draw.shift,
    .offset = gen_draw_of (&like->draw, offset),
    .part = like->draw.part,
    .fixed = TRUE };
}

void
gen_node_draw_as (GenNode *node, const GenNode *like, guint number)
{
  const GenRandom parts = gen_random_new (like->draw.part, "part", number);

  node->id = like->id;
  node->stream = like->stream;
  node->draw = like->draw;
  node->draw.part = (guint64)parts.key[1] << 32 | parts.key[0];
}
