/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What would make a tensor one that is played. */
#include "numbers.h"

/* Whether a tensor may be a sound that is too short to be taken for one. */
static gboolean
may_be_sound (const GenShape *shape)
{
  return shape->rank == 3 && MIN (shape->dims[1], shape->dims[2]) >= 1 &&
         MIN (shape->dims[1], shape->dims[2]) <= GEN_SOUND_MAX_CHANNELS;
}

/* Extents that frames of a sound, or bins of their spectra, have. */
static gboolean
may_be_spectra (const GenShape *shape)
{
  static const gint64 lengths[] = { 256, 320, 400, 480, 512, 640, 960, 1024, 2048 };

  for (int d = 0; d < shape->rank; d++)
    for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
      if (shape->dims[d] == lengths[i] || shape->dims[d] == lengths[i] / 2 + 1)
        return TRUE;
  return FALSE;
}

/* What would have vectors that follow each other come one by one; NULL where it takes no such.
 * (transfer full) */
static char *
suggest_one (const GenPort *port)
{
  const gint64 *dims = port->shape.dims;

  if (port->kind != GEN_PORT_SERIES)
    return NULL;
  return g_strdup_printf ("; property shapes=%s=1:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT
                          " would have it take them one by one, as tensors",
      port->name, MAX (dims[1], 1), MAX (dims[2], 1));
}

char *
gst_generator_suggest (const GenPort *port, gboolean is_output)
{
  const gint64 *dims = port->shape.dims;
  int rank = port->shape.rank;
  g_autofree char *one = is_output ? NULL : suggest_one (port);

  if (rank == 3 && dims[0] == 1 && may_be_spectra (&port->shape))
    return g_strdup_printf ("; where it is spectra or frames of a sound, property spectrum says of "
                            "which (magnitude, complex, planes, frames), and chain which files "
                            "follow%s",
        one != NULL ? one : "");
  if (one != NULL)
    return g_steal_pointer (&one);
  if (rank == 3 && (dims[0] == 1 || dims[0] == 3 || dims[0] == 4)) {
    g_autofree char *size = gen_shape_to_string (&GEN_SHAPE (dims[1], dims[2]));

    return g_strdup_printf ("; this one has an extent too few: export it as [N, %d, %s%s",
        (int)dims[0], size + 1,
        may_be_sound (&port->shape)
            ? ", or, where it is sound, with metadata generative.sample-rate"
            : "");
  }
  if (!is_output && rank == 2 && gst_generator_is_integers (port))
    return g_strdup_printf ("; property tensors=true has it take them as they are, other/tensors "
                            "of %s",
        gen_data_type_name (port->type));
  if (rank == 2 && dims[1] < 0)
    return g_strdup_printf ("; where its '%s' is sound, property sample-rate says so, as does "
                            "metadata generative.sample-rate in the model",
        port->name);
  if (rank == 4 && (dims[1] == 6 || dims[3] == 6))
    return g_strdup ("; six channels may be two pictures, and nothing tells which comes first: "
                     "export them as two outputs");
  if (rank == 4 && dims[1] < 0 && !is_output)
    return g_strdup_printf ("; property shapes=%s=1:3:-1:-1 would say that its pictures have three "
                            "channels and any size, or export it with a fixed number of channels",
        port->name);
  if (rank == 4)
    return g_strdup ("; export it with a fixed number of channels");
  return g_strdup ("");
}
