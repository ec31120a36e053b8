/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the inputs and outputs of a model are there for: see model.h for the order in which the
 * sources are asked. */
#include "parts.h"

#include <math.h>
#include <string.h>

#include "../ops/number.h"

/* More numbers than this are something that flows. */
#define LARGEST_PARAMETER 64

/* And more than this nothing that shapes hang on. */
#define LARGEST_CONSTANT 65536

/* --- numbers --- */

GenNumbers *
gen_numbers_parse (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, ":", -1);
  const guint n = g_strv_length (words);
  g_autofree GenNumbers *numbers = g_malloc (sizeof (GenNumbers) + n * sizeof (double));

  numbers->n = n;
  for (guint i = 0; i < n; i++) {
    const char *word = g_strstrip (words[i]);
    char *end;

    numbers->values[i] = g_ascii_strtod (word, &end);
    /* One that is not finite would stay in what a model remembers. */
    if (end == word || *end != '\0' || !isfinite ((float)numbers->values[i]))
      return NULL;
  }
  return n > 0 ? g_steal_pointer (&numbers) : NULL;
}

GenNumbers *
gen_numbers_copy (const GenNumbers *numbers)
{
  return g_memdup2 (numbers, sizeof *numbers + numbers->n * sizeof (double));
}

/* --- what is said --- */

int
gen_parts_find (const GPtrArray *tensors, const char *name)
{
  for (guint i = 0; i < tensors->len; i++)
    if (strcmp (((GenTensor *)g_ptr_array_index (tensors, i))->name, name) == 0)
      return (int)i;
  return -1;
}

/* "h, c": for errors. (transfer full) */
static char *
list_names (const GPtrArray *tensors)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < tensors->len; i++)
    g_string_append_printf (
        text, i > 0 ? ", %s" : "%s", ((GenTensor *)g_ptr_array_index (tensors, i))->name);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

gboolean
gen_parts_fail_name (
    const char *key, const char *side, const char *name, const GPtrArray *tensors, GError **error)
{
  g_autofree char *names = list_names (tensors);

  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s says '%s', which is no %s; those are %s", key, name, side, names);
  return FALSE;
}

static void
pair (GenModel *model, int input, int output, GenPartSource source)
{
  GenPort *in = &model->inputs[input], *out = &model->outputs[output];

  in->part = out->part = GEN_PART_STATE;
  in->part_source = out->part_source = source;
  in->partner = output;
  out->partner = input;
}

/* Whether one may become the other. */
static gboolean
may_agree (const GenPort *input, const GenTensor *output)
{
  return (output->type == GEN_TYPE_UNDEFINED || output->type == input->type) &&
         gen_shape_may_be (&output->shape, &input->shape);
}

/* "float32 [1, 4]". (transfer full) */
static char *
describe_tensor (const GenTensor *tensor)
{
  g_autofree char *shape = gen_shape_to_string (&tensor->shape);

  return g_strdup_printf ("%s %s", gen_data_type_name (tensor->type), shape);
}

static gboolean
say_state (gpointer data, const char *key, const char *input, const char *output, GError **error)
{
  GenModel *model = data;
  const GPtrArray *inputs = model->graph->inputs, *outputs = model->graph->outputs;
  const int in = gen_parts_find (inputs, input), out = gen_parts_find (outputs, output);

  /* As the sidecar says it of an input that is none. */
  if (in >= 0 && *output == '\0')
    return TRUE;
  if (in < 0)
    return gen_parts_fail_name (key, "input", input, inputs, error);
  if (out < 0)
    return gen_parts_fail_name (key, "output", output, outputs, error);
  if (!may_agree (&model->inputs[in], g_ptr_array_index (outputs, out))) {
    g_autofree char *taken = describe_tensor (g_ptr_array_index (inputs, in));
    g_autofree char *made = describe_tensor (g_ptr_array_index (outputs, out));

    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: input '%s' is %s, and output '%s', which is to go in with the next run, %s", key,
        input, taken, output, made);
    return FALSE;
  }
  pair (model, in, out, GEN_PART_SAID);
  return TRUE;
}

/* Whether `n` numbers fill a tensor of `shape`, whose free extents follow. */
static gboolean
holds (const GenShape *shape, guint n)
{
  gint64 known = 1;
  gboolean is_free = FALSE;

  for (int d = 0; d < shape->rank; d++) {
    is_free |= shape->dims[d] < 0;
    if (__builtin_mul_overflow (known, MAX (shape->dims[d], 1), &known))
      return FALSE;
  }
  return n == 1 || n == known || (is_free && n % known == 0);
}

/* The least and the largest number that an element of a type holds. */
typedef struct {
  GenDataType type;
  double least, most;
} Range;

/* Of wide integers those that a double tells apart. */
#define WHOLE ((double)((gint64)1 << 53))

static const Range integers[] = { { GEN_TYPE_BOOL, 0, 1 }, { GEN_TYPE_UINT2, 0, 3 },
  { GEN_TYPE_INT2, -2, 1 }, { GEN_TYPE_UINT4, 0, 15 }, { GEN_TYPE_INT4, -8, 7 },
  { GEN_TYPE_UINT8, 0, G_MAXUINT8 }, { GEN_TYPE_INT8, G_MININT8, G_MAXINT8 },
  { GEN_TYPE_UINT16, 0, G_MAXUINT16 }, { GEN_TYPE_INT16, G_MININT16, G_MAXINT16 },
  { GEN_TYPE_UINT32, 0, G_MAXUINT32 }, { GEN_TYPE_INT32, G_MININT32, G_MAXINT32 },
  { GEN_TYPE_UINT64, 0, WHOLE }, { GEN_TYPE_INT64, -WHOLE, WHOLE } };

/* NULL for a type that is none of integers. */
static const Range *
find_integer (GenDataType type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (integers); i++)
    if (integers[i].type == type)
      return &integers[i];
  return NULL;
}

gboolean
gen_parts_check_numbers (
    const GenModel *model, guint i, const char *key, const GenNumbers *numbers, GError **error)
{
  const GenPort *port = &model->inputs[i];
  const Range *integer = find_integer (port->type);
  Range range = { port->type, -G_MAXFLOAT, G_MAXFLOAT };

  if (!gen_number_has (port->type)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s has numbers for '%s', which is %s", key, port->name, gen_data_type_name (port->type));
    return FALSE;
  }
  if (integer != NULL)
    range = *integer;
  if (port->choices > 0) {
    range.least = MAX (range.least, (double)-port->choices);
    range.most = MIN (range.most, (double)(port->choices - 1));
  }
  for (guint k = 0; k < numbers->n; k++) {
    const double number = numbers->values[k];

    if (number >= range.least && number <= range.most &&
        (integer == NULL || number == trunc (number)))
      continue;
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s has %g for '%s' (%s), which takes %s from %.16g to %.16g", key, number, port->name,
        gen_data_type_name (port->type), integer != NULL ? "whole numbers" : "numbers", range.least,
        range.most);
    return FALSE;
  }
  return TRUE;
}

/* (transfer full), or NULL with `error`. */
static GenNumbers *
parse_numbers (const char *key, const char *name, const char *text, GError **error)
{
  GenNumbers *numbers = gen_numbers_parse (text);

  if (numbers == NULL)
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s has \"%s\" for '%s', which should be numbers with colons between", key, text, name);
  return numbers;
}

static gboolean
say_parameter (gpointer data, const char *key, const char *name, const char *text, GError **error)
{
  GenModel *model = data;
  const int i = gen_parts_find (model->graph->inputs, name);
  g_autofree GenNumbers *numbers = NULL;

  if (i < 0 && model->fixed != NULL && g_strv_contains ((const char *const *)model->fixed, name))
    return TRUE;
  if (i < 0)
    return gen_parts_fail_name (key, "input", name, model->graph->inputs, error);
  numbers = parse_numbers (key, name, text, error);
  if (numbers == NULL)
    return FALSE;
  if (!holds (&model->inputs[i].shape, numbers->n)) {
    g_autofree char *shape = gen_shape_to_string (&model->inputs[i].shape);

    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s has %u numbers for '%s', which is %s; one would stand for all of it", key, numbers->n,
        name, shape);
    return FALSE;
  }
  if (!gen_parts_check_numbers (model, (guint)i, key, numbers, error))
    return FALSE;
  g_free (model->parameters[i]);
  model->parameters[i] = g_steal_pointer (&numbers);
  model->inputs[i].part = GEN_PART_PARAMETER;
  model->inputs[i].part_source = GEN_PART_SAID;
  return TRUE;
}

/* Where the first of `ends` is in `text` that neither a backslash nor quotes hide, or its end. */
static const char *
find_end (const char *text, const char *ends)
{
  char quote = '\0';

  for (; *text != '\0'; text++) {
    if (*text == '\\' && text[1] != '\0')
      text++;
    else if (quote != '\0')
      quote = *text == quote ? '\0' : quote;
    else if (*text == '"')
      quote = *text;
    else if (strchr (ends, *text) != NULL)
      break;
  }
  return text;
}

/* `n` bytes of `text` as they are meant, without quotes, backslashes and blanks around. (transfer
 * full) */
static char *
unquote (const char *text, gsize n)
{
  g_autofree char *trimmed = g_strstrip (g_strndup (text, n));
  GString *plain = g_string_new (NULL);

  for (const char *at = trimmed; *at != '\0'; at++) {
    if (*at == '"')
      continue;
    if (*at == '\\' && at[1] != '\0')
      at++;
    g_string_append_c (plain, *at);
  }
  return g_string_free (plain, FALSE);
}

/* The last "=" that nothing hides, up to `end`; NULL where there is none. */
static const char *
find_equals (const char *text, const char *end)
{
  const char *last = NULL;

  for (text = find_end (text, "="); text < end; text = find_end (text + 1, "="))
    last = text;
  return last;
}

gboolean
gen_parts_say_all (
    gpointer model, const char *key, const char *text, GenPartSay say, GError **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (const char *entry = text, *end; *entry != '\0'; entry = end + (*end != '\0')) {
    const char *equals;
    g_autofree char *name = NULL, *value = NULL;

    end = find_end (entry, ",");
    equals = find_equals (entry, end);
    name = unquote (entry, (gsize)((equals != NULL ? equals : end) - entry));
    if (equals == NULL && *name == '\0')
      continue;
    if (equals == NULL) {
      g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
          "%s has \"%s\", which should be name=value; a name with commas is put in quotes", key,
          name);
      return FALSE;
    }
    if (!g_hash_table_add (names, g_strdup (name))) {
      g_set_error (
          error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "%s names '%s' twice", key, name);
      return FALSE;
    }
    value = unquote (equals + 1, (gsize)(end - equals - 1));
    if (!say (model, key, name, value, error))
      return FALSE;
  }
  return TRUE;
}

typedef struct {
  GenParameterFunc func;
  gpointer data;
} Listener;

static gboolean
tell (gpointer data, const char *key, const char *name, const char *value, GError **error)
{
  const Listener *listener = data;
  g_autofree GenNumbers *numbers = parse_numbers (key, name, value, error);

  return numbers != NULL && listener->func (listener->data, name, numbers, error);
}

gboolean
gen_parameters_parse (const char *text, GenParameterFunc func, gpointer data, GError **error)
{
  Listener listener = { func, data };

  return gen_parts_say_all (&listener, "property parameters", text, tell, error);
}

/* From the first place that says something: the user, the metadata, the sidecar. */
static gboolean
read_said (GenModel *model, GKeyFile *sidecar, const char *hint, const char *property,
    const char *metadata, const char *beside, GenPartSay say, gboolean *said, GError **error)
{
  const char *text = g_hash_table_lookup (model->graph->metadata, metadata);

  *said = TRUE;
  if (hint != NULL)
    return gen_parts_say_all (model, property, hint, say, error);
  if (text != NULL)
    return gen_parts_say_all (model, metadata, text, say, error);
  *said = FALSE;
  for (guint i = 0; sidecar != NULL && i < model->graph->inputs->len; i++) {
    const char *name = model->inputs[i].name;
    g_autofree char *value = g_key_file_get_value (sidecar, name, beside, NULL);

    if (value == NULL)
      continue;
    *said = TRUE;
    if (!say (model, "the .modelinfo file", name, value, error))
      return FALSE;
  }
  return TRUE;
}

/* --- names --- */

/* Words that tell which side of a run a state is on, and not which state it is. */
static const char *const sides[] = { "in", "out", "input", "output", "i", "o", "new", "next",
  "prev", "previous", "past", "present", "cur", "current", "old", "updated", "n", "init", "initial",
  NULL };
/* Words of which states are made as a rule. */
static const char *const memories[] = { "state", "states", "cache", "hidden", "memory", "mem",
  "recurrent", "rec", "h", "c", "r", "hx", "cx", "carry", "buffer", "context", "feedback", NULL };

static gboolean
is_letter (char c)
{
  return g_ascii_isalpha (c);
}

/* The words of a name: letters, or digits, that follow each other; a capital begins a new one. */
static GPtrArray *
split_name (const char *name)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);

  while (*name != '\0') {
    const char *end = name + 1;

    if (!g_ascii_isalnum (*name)) {
      name++;
      continue;
    }
    while (g_ascii_isalnum (*end) && is_letter (*end) == is_letter (*name) &&
           !(g_ascii_isupper (*end) && g_ascii_islower (end[-1])))
      end++;
    g_ptr_array_add (words, g_ascii_strdown (name, end - name));
    name = end;
  }
  return words;
}

/* What a name says beside the side that it is on: "r1i" and "r1o" are "r 1"; where it is the
 * `first` of its kind, "h0" is "h". (transfer full) */
static char *
state_of_name (const char *name, gboolean is_input, gboolean first)
{
  /* As transformers call what they have attended to. */
  g_autofree char *past = NULL;
  g_autoptr (GPtrArray) words = NULL;
  GString *state = g_string_new (NULL);

  if (g_str_has_prefix (name, "past_key_values"))
    name = past = g_strconcat ("past", name + strlen ("past_key_values"), NULL);
  words = split_name (name);
  for (guint i = 0; i < words->len; i++) {
    char *word = g_ptr_array_index (words, i);
    const gboolean is_last = i == words->len - 1;

    if (g_strv_contains (sides, word) || (first && is_last && i > 0 && strcmp (word, "0") == 0))
      continue;
    if (!is_input && is_last && strlen (word) == 2 && word[1] == 'n')
      word[1] = '\0';
    g_string_append_printf (state, state->len > 0 ? " %s" : "%s", word);
  }
  return g_string_free (state, FALSE);
}

static gboolean
names_memory (const char *state)
{
  g_auto (GStrv) words = g_strsplit (state, " ", -1);

  for (guint i = 0; words[i] != NULL; i++)
    if (g_strv_contains (memories, words[i]))
      return TRUE;
  return FALSE;
}

/* The output that input `i` becomes, by its name; -1 where there is none. A picture that comes
 * first and makes the first output is what flows, even where the names are alike. */
static int
find_output_named (const GenModel *model, guint i, gboolean first)
{
  const GPtrArray *outputs = model->graph->outputs;
  g_autofree char *state = state_of_name (model->inputs[i].name, TRUE, first);

  for (guint k = 0; *state != '\0' && k < outputs->len; k++) {
    const GenTensor *output = g_ptr_array_index (outputs, k);
    g_autofree char *other = state_of_name (output->name, FALSE, FALSE);

    if (model->outputs[k].part == GEN_PART_FLOW && strcmp (state, other) == 0 &&
        may_agree (&model->inputs[i], output) && (i > 0 || k > 0 || names_memory (state)))
      return (int)k;
  }
  return -1;
}

/* cache_0 becomes cache_0_out, and h0 hn. */
static int
find_named (const GenModel *model, guint i)
{
  const int output = find_output_named (model, i, FALSE);

  return output >= 0 ? output : find_output_named (model, i, TRUE);
}

/* --- what is left --- */

static guint
count_flowing (const GenPort *ports, guint n)
{
  guint flowing = 0;

  for (guint i = 0; i < n; i++)
    flowing += ports[i].part == GEN_PART_FLOW;
  return flowing;
}

/* Something has to come in and go out. */
static gboolean
leaves_enough (const GenModel *model)
{
  return count_flowing (model->inputs, model->graph->inputs->len) > 1 &&
         count_flowing (model->outputs, model->graph->outputs->len) > 1;
}

static void
pair_by_name (GenModel *model)
{
  /* The last ones first: where all names pair, the first one flows. */
  for (guint i = model->graph->inputs->len; i-- > 0 && leaves_enough (model);) {
    const int output = model->inputs[i].part == GEN_PART_FLOW ? find_named (model, i) : -1;

    if (output >= 0)
      pair (model, (int)i, output, GEN_PART_NAMED);
  }
}

/* A small input of fixed extents beside a picture, sound or tokens. What stands beside latents is a
 * class or a second latent. */
static gboolean
is_parameter (const GenPort *port)
{
  const int first = port->shape.rank > 1 || (port->shape.rank == 1 && port->batch < 0) ? 1 : 0;
  gint64 n = 1;

  if (port->part != GEN_PART_FLOW || port->kind == GEN_PORT_PICTURE ||
      port->kind == GEN_PORT_FRAMES || port->kind == GEN_PORT_SOUND ||
      port->kind == GEN_PORT_TOKENS || port->type == GEN_TYPE_STRING)
    return FALSE;
  for (int d = 0; d < port->shape.rank; d++) {
    if (port->shape.dims[d] < 0 && d >= first)
      return FALSE;
    n *= MAX (port->shape.dims[d], 1);
  }
  return n <= LARGEST_PARAMETER;
}

static gboolean
takes_media (const GenModel *model)
{
  return gen_model_find_input (model, GEN_PORT_PICTURE) != NULL ||
         gen_model_find_input (model, GEN_PORT_FRAMES) != NULL ||
         gen_model_find_input (model, GEN_PORT_SOUND) != NULL ||
         gen_model_find_input (model, GEN_PORT_TOKENS) != NULL;
}

static void
find_parameters (GenModel *model)
{
  for (guint i = 0; i < model->graph->inputs->len; i++) {
    GenPort *port = &model->inputs[i];
    /* A number of no extent cannot be the latent of a batch. */
    const gboolean single = port->shape.rank == 0 && model->graph->inputs->len > 1;

    if (!is_parameter (port) || !(single || takes_media (model)))
      continue;
    port->part = GEN_PART_PARAMETER;
    port->part_source = GEN_PART_ORDERED;
  }
}

/* How far a sampler's loop goes, where nobody says it, is what the denoiser says. */
static void
set_guidance (GenModel *model)
{
  const char *text = g_hash_table_lookup (model->graph->metadata, "generative.guidance");
  const int i = gen_parts_find (model->graph->inputs, "guidance");

  if (text == NULL || i < 0 || model->inputs[i].part != GEN_PART_FLOW)
    return;
  model->parameters[i] = gen_numbers_parse (text);
  model->inputs[i].part = GEN_PART_PARAMETER;
  model->inputs[i].part_source = GEN_PART_SAID;
}

/* How much each adapter beside the model's weights counts (adapter-file.h). */
static gboolean
read_adapters (GenModel *model, GError **error)
{
  const char *key = "generative.adapters";
  const char *text = g_hash_table_lookup (model->graph->metadata, key);

  return text == NULL || gen_parts_say_all (model, key, text, say_parameter, error);
}

/* What the user says of one leaves the others as the model has them. */
static gboolean
read_parameters (GenModel *model, GKeyFile *sidecar, GError **error)
{
  const char *hint = model->hints.parameters;
  gboolean said;

  return read_said (model, sidecar, NULL, NULL, "generative.parameters", "value", say_parameter,
             &said, error) &&
         (hint == NULL ||
             gen_parts_say_all (model, "property parameters", hint, say_parameter, error));
}

gboolean
gen_parts_read (GenModel *model, GKeyFile *sidecar, GError **error)
{
  gboolean states_said;

  if (!read_adapters (model, error) || !read_parameters (model, sidecar, error) ||
      !read_said (model, sidecar, model->hints.states, "property states", "generative.states",
          "state", say_state, &states_said, error))
    return FALSE;
  if (!states_said)
    pair_by_name (model);
  model->states_said = states_said;
  gen_lengths_find (model);
  set_guidance (model);
  find_parameters (model);
  gen_moment_find (model);
  gen_voice_set_parameters (model);
  gen_rate_set_parameters (model);
  return TRUE;
}

static gboolean
are_alike (const GenShape *input, const GenShape *output)
{
  if (input->rank != output->rank)
    return FALSE;
  for (int d = 0; d < input->rank; d++)
    if (input->dims[d] >= 0 && input->dims[d] != output->dims[d])
      return FALSE;
  return TRUE;
}

/* The first output that is like input `i` and has no part yet. One like the first input may be a
 * second picture. */
static int
find_alike (const GenModel *model, guint i)
{
  const GenPort *input = &model->inputs[i];

  if (are_alike (&model->inputs[0].shape, &input->shape))
    return -1;
  for (guint k = 1; k < model->graph->outputs->len; k++) {
    const GenPort *output = &model->outputs[k];

    if (output->part == GEN_PART_FLOW && output->type == input->type &&
        are_alike (&input->shape, &output->shape))
      return (int)k;
  }
  return -1;
}

void
gen_parts_complete (GenModel *model)
{
  for (guint i = 1; !model->states_said && i < model->graph->inputs->len; i++) {
    const int output = model->inputs[i].part == GEN_PART_FLOW ? find_alike (model, i) : -1;

    if (output >= 0 && leaves_enough (model))
      pair (model, (int)i, output, GEN_PART_ORDERED);
  }
}

void
gen_parts_fit (const GenModel *model, guint i, GenShape *shape)
{
  const GenNumbers *numbers = model->parameters[i];
  const GenShape *said = &model->inputs[i].shape;
  const gint64 others = gen_shape_elements (shape);

  /* The last free one; a number by itself stands for all. */
  for (int d = shape->rank - 1; d >= 0 && numbers != NULL && numbers->n > 1; d--)
    if (said->dims[d] < 0 && others > 0 && numbers->n % others == 0) {
      shape->dims[d] = numbers->n / others;
      return;
    }
}

void
gen_numbers_write (const GenNumbers *numbers, GenDataType type, void *data, gsize n)
{
  for (gsize k = 0; k < n; k++)
    gen_number_set (type, data, k, numbers->values[k % numbers->n]);
}

GBytes *
gen_parts_make_constant (const GenModel *model, guint i, GenShape *shape)
{
  const GenDataType type = model->inputs[i].type;
  double elements = 1;
  gsize n;
  guint8 *data;

  for (int d = 0; d < shape->rank; d++)
    shape->dims[d] = MAX (shape->dims[d], 1);
  gen_parts_fit (model, i, shape);
  for (int d = 0; d < shape->rank; d++)
    elements *= (double)shape->dims[d];
  if (elements > LARGEST_CONSTANT)
    return NULL;
  n = (gsize)gen_shape_elements (shape);
  data = g_malloc (n * gen_data_type_size (type));
  gen_numbers_write (model->parameters[i], type, data, n);
  return g_bytes_new_take (data, n * gen_data_type_size (type));
}

gboolean
gen_model_has_states (const GenModel *model)
{
  if (model->spectra != NULL)
    return TRUE;
  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (model->inputs[i].part == GEN_PART_STATE)
      return TRUE;
  return FALSE;
}

void
gen_model_set_parameter (GenModel *model, guint i, const GenNumbers *numbers)
{
  if (!holds (&model->inputs[i].shape, numbers->n) ||
      !gen_parts_check_numbers (model, i, "parameter", numbers, NULL))
    return;
  g_free (model->parameters[i]);
  model->parameters[i] = gen_numbers_copy (numbers);
}

const GenPort *
gen_model_find_unset (const GenModel *model)
{
  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (model->inputs[i].part == GEN_PART_PARAMETER && model->parameters[i] == NULL)
      return &model->inputs[i];
  return NULL;
}

/* Whether frames may go into both. */
static gboolean
may_follow (const GenPort *a, const GenPort *b)
{
  return a->kind == GEN_PORT_PICTURE && b->kind == GEN_PORT_PICTURE && a->type == b->type &&
         a->channels == b->channels && a->height == b->height && a->width == b->width &&
         a->channels_last == b->channels_last;
}

/* A name without its digits. (transfer full) */
static char *
stem_of (const char *name)
{
  GString *stem = g_string_new (NULL);

  for (; *name != '\0'; name++)
    if (!g_ascii_isdigit (*name))
      g_string_append_c (stem, *name);
  return g_string_free (stem, FALSE);
}

/* Whether names are those of frames that follow each other: img0 and img1, previous and next. */
static gboolean
follow_each_other (const char *a, const char *b)
{
  static const char *const times[] = { "prev", "next", "cur", "last", "before", "after" };
  g_autofree char *one = stem_of (a), *other = stem_of (b);
  guint found = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    found += (strstr (one, times[i]) != NULL) + (strstr (other, times[i]) != NULL);
  return found >= 2 || strcmp (one, other) == 0;
}

int
gen_model_window (const GenModel *model, const char *const *beside)
{
  const GenPort *first = NULL;
  guint flowing = 0, alike = 0, named = 0;

  for (guint i = 0; i < model->graph->inputs->len; i++) {
    const GenPort *port = &model->inputs[i];

    if (port->part != GEN_PART_FLOW || (beside != NULL && g_strv_contains (beside, port->name)))
      continue;
    if (first == NULL)
      first = port;
    flowing++;
    alike += may_follow (first, port);
    named += follow_each_other (first->name, port->name);
  }
  if (flowing == 1)
    return first->kind == GEN_PORT_FRAMES ? first->frames : 1;
  if (alike < flowing || (named < flowing && model->hints.frames != (int)flowing))
    return 0;
  return flowing <= GEN_MODEL_MAX_WINDOW ? (int)flowing : 0;
}
