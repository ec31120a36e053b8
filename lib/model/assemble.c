/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A model as it is to be played: the files of its chain one behind the other, and sound at both
 * ends of those that take spectra. What comes of it is a graph and what its metadata say, which is
 * read as any other is. */
#include <string.h>

#include "../graph/graph-private.h"
#include "causal.h"
#include "spectra.h"

#define SAMPLE_RATE "generative.sample-rate"

typedef struct {
  const GPtrArray *links;
  const GenSpectra *spectra; /* or NULL */
  gboolean hangs;            /* what it makes hangs on frames to come */
  GenGraph *graph;
  GenSpectralSound sound;
  GenTensor ***outputs; /* of each link */
  GenShape **longer;    /* their shapes, where there is a frame more */
  GString *states, *parameters;
} Assembly;

/* Extents of an input that is a part of a sound: what is free are the frames of a run, and the
 * first one of several is the batch. */
static GenShape
fix_shape (int frames, const GenShape *shape)
{
  GenShape fixed = *shape;
  int free = 0;

  for (int d = 0; d < shape->rank; d++)
    free += shape->dims[d] < 0;
  for (int d = 0; d < shape->rank; d++)
    if (shape->dims[d] < 0)
      fixed.dims[d] = free-- > 1 && d == 0 ? 1 : frames;
  return fixed;
}

static gboolean
fail_port (const GenLink *link, const char *side, const GenPort *port, GError **error)
{
  g_prefix_error (
      error, "spectrum: %s '%s%s': ", side, link->prefix != NULL ? link->prefix : "", port->name);
  return FALSE;
}

/* Where input `i` of a link comes from. */
static GenTensor *
find_input (
    Assembly *assembly, const GenLink *link, guint i, const GenTensor *input, GError **error)
{
  g_autofree char *name = NULL;
  GenTensor *x;

  if (link->from[i].link >= 0)
    return assembly->outputs[link->from[i].link][link->from[i].output];
  if (link->inputs[i] != GEN_ROLE_NONE) {
    x = gen_spectral_give (&assembly->sound, link->inputs[i], &input->shape, error);
    if (x == NULL)
      fail_port (link, "input", &link->model->inputs[i], error);
    return x;
  }
  name = g_strconcat (link->prefix != NULL ? link->prefix : "", input->name, NULL);
  x = gen_graph_add_input (assembly->graph, name, input->type, &link->model->inputs[i].shape);
  for (int d = 0; d < x->shape.rank; d++)
    x->dim_names[d] = g_strdup (input->dim_names[d]);
  return x;
}

/* Make the shapes of `copy`, a link's graph, known, of as many frames as a run has and `more`. */
static gboolean
infer_link (Assembly *assembly, const GenLink *link, GenGraph *copy, int more, GError **error)
{
  const GenExtents extents = { 1, 64, 64, GEN_PORT_SMALLEST_SOUND };

  for (guint i = 0; i < copy->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (copy->inputs, i);
    const int from = link->from[i].link;
    GenShape shape;

    if (from < 0 && link->inputs[i] == GEN_ROLE_NONE)
      continue;
    if (from < 0)
      shape = fix_shape (assembly->spectra->frames + more, &input->shape);
    else if (more > 0)
      shape = assembly->longer[from][link->from[i].output];
    else
      shape = assembly->outputs[from][link->from[i].output]->shape;
    /* Its extents are what they are, whatever it looked like. */
    link->model->inputs[i].kind = GEN_PORT_OTHER;
    link->model->inputs[i].batch = 0;
    if (!gen_graph_set_input_shape (copy, input, &shape, error))
      return fail_port (link, "input", &link->model->inputs[i], error);
  }
  return gen_model_fix_inputs (link->model, copy, &extents, error) && gen_graph_infer (copy, error);
}

/* The imaginary part that goes with a real one. */
static GenTensor *
find_imaginary (const Assembly *assembly, const GenLink *link, GenTensor **outputs)
{
  for (guint i = 0; i < link->model->graph->outputs->len; i++)
    if (link->outputs[i] == GEN_ROLE_IMAGINARY)
      return outputs[i];
  return NULL;
}

/* Let what a link has made be the sound. */
static gboolean
take_outputs (Assembly *assembly, const GenLink *link, GenTensor **outputs, GError **error)
{
  for (guint i = 0; i < link->model->graph->outputs->len; i++) {
    const GenSpectralRole role = link->outputs[i];
    const GenPort *port = &link->model->outputs[i];
    GenTensor *imaginary = NULL;

    if (role == GEN_ROLE_NONE || role == GEN_ROLE_IMAGINARY)
      continue;
    if (role == GEN_ROLE_REAL && (imaginary = find_imaginary (assembly, link, outputs)) == NULL) {
      g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
          "no other output is said to be imaginary");
      return fail_port (link, "output", port, error);
    }
    if (!gen_spectral_take (&assembly->sound, role, outputs[i], imaginary, error))
      return fail_port (link, "output", port, error);
  }
  return TRUE;
}

/* What a link's states and parameters are, in the words of the metadata. */
static void
describe_parts (
    Assembly *assembly, const GenLink *link, GenTensor *const *inputs, GenTensor *const *outputs)
{
  const GenModel *model = link->model;

  for (guint i = 0; i < model->graph->inputs->len; i++) {
    const GenNumbers *numbers = model->parameters[i];

    if (model->inputs[i].part == GEN_PART_STATE)
      g_string_append_printf (assembly->states, "%s%s=%s", assembly->states->len > 0 ? "," : "",
          inputs[i]->name, outputs[model->inputs[i].partner]->name);
    for (guint k = 0; numbers != NULL && k < numbers->n; k++) {
      char number[G_ASCII_DTOSTR_BUF_SIZE];

      g_ascii_dtostr (number, sizeof number, numbers->values[k]);
      if (k == 0)
        g_string_append_printf (assembly->parameters,
            "%s%s=", assembly->parameters->len > 0 ? "," : "", inputs[i]->name);
      g_string_append_printf (assembly->parameters, k > 0 ? ":%s" : "%s", number);
    }
  }
}

/* Whether a link takes any number of frames, and says nothing of what it remembers. */
static gboolean
is_free (const GenLink *link)
{
  for (guint i = 0; i < link->model->graph->inputs->len; i++)
    if (link->model->inputs[i].part == GEN_PART_STATE)
      return FALSE;
  for (guint i = 0; i < link->model->graph->inputs->len; i++)
    if ((link->inputs[i] != GEN_ROLE_NONE || link->from[i].link >= 0) &&
        !gen_shape_is_known (&link->model->inputs[i].shape))
      return TRUE;
  return FALSE;
}

/* Have `copy`, a link's graph, remember what came before. */
static gboolean
remember (Assembly *assembly, guint number, GenGraph *copy, GError **error)
{
  const GenLink *link = g_ptr_array_index (assembly->links, number);
  g_autoptr (GenGraph) longer = gen_graph_copy (link->model->graph);

  if (!infer_link (assembly, link, longer, 1, error))
    return FALSE;
  for (guint i = 0; i < longer->outputs->len; i++)
    assembly->longer[number][i] = ((GenTensor *)g_ptr_array_index (longer->outputs, i))->shape;
  if (assembly->spectra->apart != NULL || !is_free (link))
    return TRUE;
  assembly->hangs = !gen_graph_remember (copy, longer, error);
  return !assembly->hangs;
}

static gboolean
bring_link (Assembly *assembly, guint number, GError **error)
{
  const GenLink *link = g_ptr_array_index (assembly->links, number);
  const GenGraph *source = link->model->graph;
  g_autoptr (GenGraph) copy = gen_graph_copy (source);
  g_autofree GenTensor **inputs = g_new0 (GenTensor *, source->inputs->len + 1);
  GenTensor **outputs = g_new0 (GenTensor *, source->outputs->len + 1);

  assembly->outputs[number] = outputs;
  assembly->longer[number] = g_new0 (GenShape, source->outputs->len + 1);
  if (assembly->spectra != NULL &&
      (!infer_link (assembly, link, copy, 0, error) || !remember (assembly, number, copy, error)))
    return FALSE;
  for (guint i = 0; i < source->inputs->len; i++) {
    inputs[i] = find_input (assembly, link, i, g_ptr_array_index (copy->inputs, i), error);
    if (inputs[i] == NULL)
      return FALSE;
  }
  gen_graph_bring (assembly->graph, copy, link->prefix, inputs, outputs, NULL);
  describe_parts (assembly, link, inputs, outputs);
  return take_outputs (assembly, link, outputs, error);
}

/* Whether a later link has what output `i` of link `number` makes. */
static gboolean
is_taken (const Assembly *assembly, guint number, guint i)
{
  for (guint later = number + 1; later < assembly->links->len; later++) {
    const GenLink *link = g_ptr_array_index (assembly->links, later);

    for (guint k = 0; k < link->model->graph->inputs->len; k++)
      if (link->from[k].link == (int)number && link->from[k].output == (int)i)
        return TRUE;
  }
  return FALSE;
}

/* What nobody has taken: that of the last link comes first. */
static void
add_outputs (Assembly *assembly)
{
  for (guint number = assembly->links->len; number-- > 0;) {
    const GenLink *link = g_ptr_array_index (assembly->links, number);

    for (guint i = 0; i < link->model->graph->outputs->len; i++)
      if (link->outputs[i] == GEN_ROLE_NONE &&
          (link->model->outputs[i].part == GEN_PART_STATE || !is_taken (assembly, number, i)))
        gen_graph_add_output (assembly->graph, assembly->outputs[number][i]);
  }
}

/* The first input's name is the sound's: what a sidecar says of it is said of that. */
static const char *
name_of_sound (const GenLink *link)
{
  guint i = 0;

  while (i < link->model->graph->inputs->len - 1 && link->inputs[i] == GEN_ROLE_NONE)
    i++;
  return link->model->inputs[i].name;
}

static gboolean
assemble (Assembly *assembly, GError **error)
{
  const GenSpectra *spectra = assembly->spectra;
  GenTensor *sound;

  if (spectra != NULL) {
    assembly->sound = (GenSpectralSound){ .graph = assembly->graph, .spectra = spectra };
    sound = gen_graph_add_input (assembly->graph,
        name_of_sound (g_ptr_array_index (assembly->links, 0)), GEN_TYPE_FLOAT32,
        &GEN_SHAPE (1, 1, (gint64)spectra->frames * spectra->hop));
    if (!gen_spectral_begin (&assembly->sound, sound, error))
      return FALSE;
  }
  for (guint i = 0; i < assembly->links->len; i++)
    if (!bring_link (assembly, i, error))
      return FALSE;
  if (spectra != NULL) {
    sound = gen_spectral_end (&assembly->sound, error);
    if (sound == NULL)
      return FALSE;
    gen_graph_rename (assembly->graph, sound, "sound");
    gen_graph_add_output (assembly->graph, sound);
  }
  add_outputs (assembly);
  return TRUE;
}

static void
set_metadata (GenGraph *graph, const char *key, const char *value)
{
  g_hash_table_replace (graph->metadata, g_strdup (key), g_strdup (value));
}

/* What the first file says of itself, and what has been found out. */
static void
write_metadata (const Assembly *assembly, const GenModel *first)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, first->graph->metadata);
  while (g_hash_table_iter_next (&iter, &key, &value))
    set_metadata (assembly->graph, key, value);
  set_metadata (assembly->graph, "generative.states", assembly->states->str);
  if (assembly->parameters->len > 0)
    set_metadata (assembly->graph, "generative.parameters", assembly->parameters->str);
}

/* `hangs` becomes whether it failed since results hang on frames to come. (transfer full) */
static GenGraph *
try_graph (const GPtrArray *links, const GenSpectra *spectra, gboolean *hangs, GError **error)
{
  const GenLink *first = g_ptr_array_index (links, 0);
  g_autoptr (GString) states = g_string_new (NULL), parameters = g_string_new (NULL);
  g_autoptr (GenGraph) graph = gen_graph_new (first->model->graph->name);
  Assembly assembly = {
    .links = links,
    .spectra = spectra,
    .graph = graph,
    .outputs = g_new0 (GenTensor **, links->len),
    .longer = g_new0 (GenShape *, links->len),
    .states = states,
    .parameters = parameters,
  };
  const gboolean good = assemble (&assembly, error);

  for (guint i = 0; i < links->len; i++) {
    g_free (assembly.outputs[i]);
    g_free (assembly.longer[i]);
  }
  g_free (assembly.outputs);
  g_free (assembly.longer);
  *hangs = assembly.hangs;
  if (!good)
    return NULL;
  write_metadata (&assembly, first->model);
  return g_steal_pointer (&graph);
}

/* Where it cannot remember, runs are made apart from each other. (transfer full) */
static GenGraph *
make_graph (const GPtrArray *links, GenSpectra *spectra, GError **error)
{
  const gboolean any = spectra != NULL && spectra->frames == 0;
  g_autoptr (GError) reason = NULL;
  GenGraph *graph;
  gboolean hangs;

  if (any)
    spectra->frames = 1;
  graph = try_graph (links, spectra, &hangs, &reason);
  if (graph != NULL)
    return graph;
  if (!hangs) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return NULL;
  }
  spectra->apart = g_strdup (reason->message);
  if (any)
    spectra->frames = GEN_SPECTRA_FREE_FRAMES;
  return try_graph (links, spectra, &hangs, error);
}

/* --- a model --- */

/* Which files follow: what the user says, else the file. (transfer full) */
static char *
find_chain (const GenGraph *graph, GKeyFile *sidecar, const GenModelHints *hints)
{
  if (hints->chain == NULL)
    return gen_chain_find (graph, sidecar);
  return *hints->chain != '\0' ? g_strdup (hints->chain) : NULL;
}

/* What the sidecar says of the rate: of the first input, or of all. (transfer full) */
static char *
find_rate (const GenLink *link, GKeyFile *sidecar)
{
  char *rate = g_key_file_get_value (sidecar, name_of_sound (link), "sample-rate", NULL);

  return rate != NULL ? rate : g_key_file_get_value (sidecar, "generative", "sample-rate", NULL);
}

/* What is known of states is so as it was of the files. */
static void
copy_sources (const GPtrArray *links, GenModel *model)
{
  for (guint l = 0; l < links->len; l++) {
    const GenLink *link = g_ptr_array_index (links, l);

    for (guint i = 0; i < model->graph->inputs->len; i++) {
      const gboolean own =
          link->prefix == NULL || g_str_has_prefix (model->inputs[i].name, link->prefix);
      const int from = own ? gen_link_find (link, FALSE, model->inputs[i].name) : -1;

      if (from >= 0 && link->model->inputs[from].part == model->inputs[i].part)
        model->inputs[i].part_source = link->model->inputs[from].part_source;
    }
  }
}

/* A sound at both ends, at the rate that is said of it. */
static gboolean
make_sound (GenModel *model, GenSpectra *spectra, GError **error)
{
  GenPort *input = &model->inputs[0], *output = &model->outputs[0];

  model->spectra = spectra;
  input->part = output->part = GEN_PART_FLOW;
  gen_port_make_sound (input, 0);
  if (!gen_model_read_sample_rate (model, NULL, input, 0, error))
    return FALSE;
  spectra->rate_assumed = input->sample_rate == 0;
  if (spectra->rate_assumed)
    input->sample_rate = gen_spectra_usual_rate (spectra);
  return gen_port_make_sound (output, input->sample_rate);
}

GenModel *
gen_model_assemble (GenGraph *graph, const char *path, const GenModelHints *hints, GError **error)
{
  g_autoptr (GPtrArray) links = g_ptr_array_new_with_free_func (gen_link_free);
  g_autoptr (GKeyFile) sidecar = NULL;
  g_autoptr (GenSpectra) spectra = NULL;
  g_autoptr (GenGraph) whole = NULL;
  g_autoptr (GError) failure = NULL;
  g_autofree char *chain = NULL, *rate = NULL, *suggest = NULL;
  GenModel *model;

  if (!gen_model_load_sidecar (path, &sidecar, error))
    return NULL;
  chain = find_chain (graph, sidecar, hints);
  /* Of a chain, what is said of states and parameters is said of all of it. */
  model = gen_model_new_plain (graph, path, chain != NULL ? &(GenModelHints){ 0 } : hints, error);
  if (model == NULL)
    return NULL;
  g_ptr_array_add (links, gen_link_new (model, TRUE));
  if (chain != NULL && hints->chain == NULL && !gen_chain_check_inside (chain, error)) {
    if (path != NULL)
      g_prefix_error (error, "%s: ", path);
    return NULL;
  }
  if (chain != NULL && !gen_chain_load (links, chain, error))
    return NULL;
  spectra = gen_spectra_read (links, sidecar, hints, &failure);
  if (failure == NULL && spectra == NULL && links->len == 1)
    return gen_model_ref (model);
  if (failure == NULL && gen_chain_complete (links, &failure))
    whole = make_graph (links, spectra, &failure);
  if (whole == NULL) {
    if (spectra == NULL)
      suggest = gen_model_suggest_spectra (model);
    if (suggest != NULL)
      g_prefix_error (&failure, "its inputs look like %s. As it is, ", suggest);
    g_propagate_error (error, g_steal_pointer (&failure));
    if (path != NULL)
      g_prefix_error (error, "%s: ", path);
    return NULL;
  }
  rate = sidecar != NULL ? find_rate (g_ptr_array_index (links, 0), sidecar) : NULL;
  if (rate != NULL && g_hash_table_lookup (whole->metadata, SAMPLE_RATE) == NULL)
    set_metadata (whole, SAMPLE_RATE, rate);
  /* Of one file, what was said is in the metadata by now. What the sidecar says of spectra is not
   * said of the sound. */
  model = gen_model_new_plain (whole, spectra != NULL ? NULL : path,
      chain != NULL ? hints
                    : &(GenModelHints){ .frames = hints->frames,
                          .outputs = hints->outputs,
                          .inputs = hints->inputs },
      error);
  if (model == NULL)
    return NULL;
  if (spectra != NULL)
    model->path = g_strdup (path);
  copy_sources (links, model);
  if (spectra == NULL || make_sound (model, g_steal_pointer (&spectra), error))
    return model;
  gen_model_unref (model);
  return NULL;
}
