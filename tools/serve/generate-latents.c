/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-latents.h"

#include <string.h>

#define DEFAULT_RATE 30
#define ALIGNMENT 63

typedef struct {
  const GenServeRequest *request;
  GenLatent latent;
  guint64 frame;
  guint number;
  int numerator, denominator;
} Making;

static void
draw (const Making *making, float *values)
{
  const GArray *said = making->request->latents;
  const gsize length = making->latent.length;

  if (said == NULL) {
    gen_latent_fill (
        &making->latent, making->frame, making->numerator, making->denominator, values);
    return;
  }
  memcpy (values, (const float *)said->data + making->number % (said->len / length) * length,
      length * sizeof *values);
}

/* The class, as the one number of a row that is 1, or as its number. */
static void
write_class (const Making *making, GenDataType type, gpointer data)
{
  const GenServeRequest *request = making->request;
  const guint32 classes = MAX (request->facts->classes, 1);
  const gint64 class = request->class >= 0
                           ? request->class
                           : gen_latent_class (&making->latent, making->frame, making->numerator,
                                 making->denominator, 0, classes);

  if (type == GEN_TYPE_FLOAT32)
    ((float *)data)[class] = 1;
  else if (type == GEN_TYPE_INT64)
    *(gint64 *)data = class;
  else
    *(gint32 *)data = (gint32) class;
}

static void
write_second (const Making *making, GenDataType type, gsize size, gpointer data)
{
  const GArray *condition = making->request->condition;

  memset (data, 0, size);
  if (condition != NULL && type == GEN_TYPE_FLOAT32)
    memcpy (data, condition->data, size);
  else
    write_class (making, type, data);
}

static GstMemory *
make_memory (const GstGenerativeTensors *tensors, int i, const Making *making)
{
  const gsize size =
      (gsize)gen_shape_elements (&tensors->shapes[i]) * gen_data_type_size (tensors->types[i]);
  GstAllocationParams params = { .align = ALIGNMENT };
  GstMemory *memory = gst_allocator_alloc (NULL, size, &params);
  GstMapInfo map;

  gst_memory_map (memory, &map, GST_MAP_WRITE);
  if (i == 0)
    draw (making, (float *)map.data);
  else
    write_second (making, tensors->types[i], size, map.data);
  gst_memory_unmap (memory, &map);
  return memory;
}

static GstBuffer *
make_text (const GenServeRequest *request)
{
  return gst_buffer_new_memdup (request->prompt, strlen (request->prompt));
}

GstBuffer *
serve_latents_make (const GenServeRequest *request, const ServePlayerInput *input, guint number)
{
  Making making = { .request = request,
    .latent = GEN_LATENT_DEFAULTS,
    .frame = request->first + number,
    .number = number,
    .numerator = request->rate_numerator,
    .denominator = request->rate_denominator };
  GstBuffer *buffer;

  if (input->text)
    return make_text (request);
  if (making.numerator == 0) {
    making.numerator = input->rate_numerator > 0 ? input->rate_numerator : DEFAULT_RATE;
    making.denominator = input->rate_numerator > 0 ? input->rate_denominator : 1;
  }
  making.latent.length = request->facts->latent;
  making.latent.seed = request->seed;
  making.latent.walk = request->walk;
  making.latent.speed = request->speed;
  if (request->truncation > 0) {
    making.latent.distribution = GEN_DISTRIBUTION_TRUNCATED;
    making.latent.truncation = request->truncation;
  }
  buffer = gst_buffer_new ();
  for (int i = 0; i < input->latents.n; i++)
    gst_buffer_append_memory (buffer, make_memory (&input->latents, i, &making));
  GST_BUFFER_OFFSET (buffer) = making.frame;
  GST_BUFFER_OFFSET_END (buffer) = making.frame + 1;
  return buffer;
}

/* Tensor `i` of one that nobody has asked for. */
static GstMemory *
make_sample (const GstGenerativeTensors *latents, int i, guint number)
{
  const gsize length = (gsize)gen_shape_elements (&latents->shapes[i]);
  const gsize size = length * gen_data_type_size (latents->types[i]);
  GenLatent latent = GEN_LATENT_DEFAULTS;
  GstAllocationParams params = { .align = ALIGNMENT };
  GstMemory *memory = gst_allocator_alloc (NULL, size, &params);
  GstMapInfo map;

  latent.length = length;
  latent.stream = (guint32)i;
  gst_memory_map (memory, &map, GST_MAP_WRITE);
  memset (map.data, 0, size);
  if (latents->types[i] == GEN_TYPE_FLOAT32)
    gen_latent_fill (&latent, number, 1, 1, (float *)map.data);
  gst_memory_unmap (memory, &map);
  return memory;
}

GstBuffer *
serve_latents_sample (const ServePlayerInput *input, guint number)
{
  GstBuffer *buffer = gst_buffer_new ();

  for (int i = 0; i < input->latents.n; i++)
    gst_buffer_append_memory (buffer, make_sample (&input->latents, i, number));
  return buffer;
}
