/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text as ids of symbols, and models that speak: what their inputs are for, and sounds as long as
 * these compute. */
#include <generative/player.h>

#include "../../lib/medium/symbols-private.h"
#include "../speech-net.h"

/* --- symbols --- */

typedef struct {
  const char *symbol;
  gint64 id;
} Symbol;

/* Of Piper's own table. */
static const Symbol piper[] = { { "_", 0 }, { "^", 1 }, { "$", 2 }, { "!", 4 }, { "c", 16 },
  { "l", 24 }, { "t", 32 }, { "ç", 40 }, { "ɪ", 74 }, { "ˈ", 120 }, { "\xcc\xa7", 140 } };

static GenSymbols *
make_symbols (gboolean folds_case, const Symbol *table, gsize n)
{
  GenSymbols *symbols = gen_symbols_new (folds_case);

  for (gsize i = 0; i < n; i++)
    gen_symbols_add (symbols, table[i].symbol, &table[i].id, 1);
  return symbols;
}

static void
assert_ids (const GenSymbols *symbols, const char *text, const char *wanted, const char *left_out)
{
  g_autoptr (GPtrArray) missing = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) ids = gen_symbols_encode (symbols, text, missing);
  g_autoptr (GString) found = g_string_new (NULL), others = g_string_new (NULL);

  for (guint i = 0; i < ids->len; i++)
    g_string_append_printf (
        found, i > 0 ? " %" G_GINT64_FORMAT : "%" G_GINT64_FORMAT, g_array_index (ids, gint64, i));
  for (guint i = 0; i < missing->len; i++)
    g_string_append (others, g_ptr_array_index (missing, i));
  g_assert_cmpstr (found->str, ==, wanted);
  g_assert_cmpstr (others->str, ==, left_out);
}

/* The ids that Piper's own tests expect of that word. */
static void
test_symbols (void)
{
  g_autoptr (GenSymbols) symbols = make_symbols (FALSE, piper, G_N_ELEMENTS (piper));

  g_assert_cmpuint (gen_symbols_count (symbols), ==, G_N_ELEMENTS (piper));
  assert_ids (symbols, "lˈɪçt!", "1 0 24 0 120 0 74 0 16 0 140 0 32 0 4 0 2", "");
  assert_ids (symbols, "  t\r\n", "1 0 32 0 2", "");
  assert_ids (symbols, "tXt語", "1 0 32 0 32 0 2", "X語");
  assert_ids (symbols, "T", "", "T");
  assert_ids (symbols, " \n", "", "");
}

/* What a pattern finds in a text is a symbol of it. */
static void
test_pattern (void)
{
  static const Symbol some[] = { { "^", 1 }, { "_", 0 }, { "$", 2 }, { " ", 3 }, { "a", 4 },
    { "ɪ", 5 }, { "]", 6 }, { "-", 7 }, { "sh", 8 }, { "\xcc\x88", 9 } };
  g_autoptr (GenSymbols) symbols = make_symbols (FALSE, some, G_N_ELEMENTS (some));
  g_autoptr (GenSymbols) folded = make_symbols (TRUE, some + 4, 1);
  g_autoptr (GenSymbols) none = make_symbols (FALSE, some, 4);
  g_autofree char *pattern = gen_symbols_pattern (symbols), *of_folded = NULL, *of_none = NULL;

  g_assert_cmpstr (pattern, ==, "[\\-\\]aɪ]");
  of_folded = gen_symbols_pattern (folded);
  g_assert_cmpstr (of_folded, ==, "[aA]");
  of_none = gen_symbols_pattern (none);
  g_assert_cmpstr (of_none, ==, "\\S");
}

/* Capitals, symbols of several letters, and a table that says nothing of what is between. */
static void
test_letters (void)
{
  static const Symbol letters[] = { { "a", 1 }, { "s", 2 }, { "sch", 3 }, { "h", 4 } };
  g_autoptr (GenSymbols) symbols = make_symbols (TRUE, letters, G_N_ELEMENTS (letters));

  assert_ids (symbols, "Aschsah", "1 3 2 1 4", "");
}

/* --- models --- */

/* What is beside a model: phonemes that stand for others, and what is left out. */
static void
test_voice (void)
{
  static const char *const json =
      "{\"phoneme_map\": {\"x\": [\"a\", \"b\"]}, \"num_speakers\": 3, \"audio\": null,"
      " \"num_symbols\": 22, \"inference\": {\"length_scale\": 2},"
      " \"phoneme_id_map\": {\"_\": [0], \"a\": [10], \"b\": [20, 21]}}";
  g_autofree char *folder = scratch_new (), *path = speech_save (folder, json), *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = gen_model_load (path, &error);

  g_assert_no_error (error);
  g_assert_nonnull (model->voice);
  assert_ids (model->voice->symbols, "xa", "0 10 0 20 21 0 10 0", "");
  g_assert_cmpint (model->voice->sample_rate, ==, 0);
  g_assert_cmpint (model->voice->n_ids, ==, 22);
  g_assert_cmpint (model->inputs[0].kind, ==, GEN_PORT_TOKENS);
  g_assert_cmpint (model->inputs[1].part, ==, GEN_PART_LENGTH);
  g_assert_cmpint (model->inputs[2].part, ==, GEN_PART_PARAMETER);
  g_assert_cmpuint (model->parameters[2]->n, ==, 3);
  g_assert_cmpfloat (model->parameters[2]->values[0], ==, 0.667);
  g_assert_cmpfloat (model->parameters[2]->values[1], ==, 2);
  g_assert_cmpint (model->outputs[0].kind, ==, GEN_PORT_SOUND);
  text = gen_model_describe (model);
  g_assert_cmpstr (text, ==,
      "makes sounds of 1 channel, any number of samples long from ids of symbols, any number of "
      "them, int64, which text becomes by 4 symbols, with 3 speakers, set by scales");
  scratch_remove (folder);
}

#define SYMBOLS "\"phoneme_id_map\": {\"a\": [3]}"

static void
test_wrong_voice (void)
{
  static const struct {
    const char *json, *error; /* NULL: it is another's, and not looked at */
  } cases[] = {
    { "{", "" },
    { "", "an object with a phoneme_id_map" },
    { "[1, 2]", "an object with a phoneme_id_map" },
    { "3", "an object with a phoneme_id_map" },
    { "{\"phoneme_id_map\": {\"a\": 3}}", "phoneme_id_map.a should be a list of ids" },
    { "{\"phoneme_id_map\": {\"b\": [\"3\"]}}", "phoneme_id_map.b should be a list of ids" },
    { "{\"phoneme_id_map\": {\"b\": \"3\"}}", "phoneme_id_map.b should be a list of ids" },
    { "{\"phoneme_id_map\": {\"b\": [-3]}}", "gives 'b' the id -3" },
    { "{\"num_symbols\": 3, " SYMBOLS "}", "gives 'a' the id 3, and ids are from 0 to 2" },
    { "{\"phoneme_id_map\": [1]}", "phoneme_id_map should be an object" },
    { "{\"phoneme_id_map\": null}", "phoneme_id_map should be an object" },
    { "{\"audio\": [], " SYMBOLS "}", "audio should be an object" },
    { "{\"audio\": {\"sample_rate\": \"22050\"}, " SYMBOLS "}", "audio.sample_rate should be" },
    { "{\"audio\": {\"sample_rate\": -1}, " SYMBOLS "}", "audio.sample_rate should be" },
    { "{\"inference\": {\"noise_scale\": \"much\"}, " SYMBOLS "}", "inference.noise_scale should" },
    { "{\"inference\": {\"noise_w\": true}, " SYMBOLS "}", "inference.noise_w should be a number" },
    { "{\"num_speakers\": 1.5, " SYMBOLS "}", "num_speakers should be a whole number" },
    { "{\"phoneme_map\": {\"x\": \"a\"}, " SYMBOLS "}", "phoneme_map.x should be a list of sym" },
    { "{\"phoneme_type\": 1, " SYMBOLS "}", "phoneme_type should be" },
    { "{\"model_type\": \"other\"}", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *folder = scratch_new (), *path = speech_save (folder, cases[i].json);
    g_autofree char *beside = g_strconcat (path, ".json", NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (GenModel) model = gen_model_load (path, &error);

    g_test_message ("%s: %s", cases[i].json, error != NULL ? error->message : "fine");
    if (cases[i].error != NULL) {
      g_assert_null (model);
      g_assert_nonnull (strstr (error->message, cases[i].error));
      g_assert_nonnull (strstr (error->message, beside));
    } else {
      g_assert_no_error (error);
      g_assert_null (model->voice);
    }
    scratch_remove (folder);
  }
}

/* --- pieces of a long text --- */

/* `text` in pieces with bars between, and a star behind those that end within a sentence. */
static void
assert_pieces (const char *text, guint most, const char *wanted)
{
  g_autoptr (GString) found = g_string_new (NULL);
  gboolean whole;

  for (gsize n; *text != '\0'; text += n) {
    n = gen_text_take (text, most, &whole);
    g_assert_cmpuint (n, >, 0);
    g_string_append_len (found, text, (gssize)n);
    g_string_append (found, whole ? "|" : "*|");
  }
  g_assert_cmpstr (found->str, ==, wanted);
}

static void
test_pieces (void)
{
  assert_pieces ("One. Two? 3.5 is three! Four", 30, "One. Two? 3.5 is three! Four|");
  assert_pieces ("One. Two? 3.5 is three! Four", 16, "One. Two?| 3.5 is three!| Four|");
  assert_pieces ("one two three. four", 9, "one two *|three.| four|");
  assert_pieces ("onetwothree", 4, "onet*|woth*|ree|");
  assert_pieces ("ëëë。ëë。ë", 5, "ëëë。|ëë。ë|");
}

/* --- playing --- */

static void
assert_ramp (GenPlayer *player, const gint64 *ids, gsize n, gint64 samples)
{
  g_autofree gint16 *written = g_new0 (gint16, (gsize)samples);
  g_autoptr (GError) error = NULL;
  const GenBinding *made;

  gen_player_set_tokens (player, 0, ids, n);
  gen_player_run (player, &error);
  g_assert_no_error (error);
  made = gen_player_output (player);
  g_assert_cmpint (gen_shape_elements (&made->shape), ==, samples);
  for (gint64 i = 0; i < samples; i++)
    g_assert_cmpfloat_with_epsilon (((const float *)made->data)[i], (float)i / 1024, 1e-6);
  gen_player_write_sound (player, &(GenSoundLayout){ .int16 = TRUE }, written, &error);
  g_assert_no_error (error);
  for (gint64 i = 0; i < samples; i++)
    g_assert_cmpint (written[i], ==, i * 32);
}

/* Of any number of ids, whatever tells how many they are. */
static void
test_lengths (void)
{
  static const struct {
    GenDataType type;
    const char *length;
    int rank;
  } cases[] = { { GEN_TYPE_INT64, "input_lengths", 1 }, { GEN_TYPE_INT32, "x_length", 1 },
    { GEN_TYPE_INT64, "attention_mask", 2 }, { GEN_TYPE_INT64, "text_len", 0 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenGraph) graph = speech_net (cases[i].type, cases[i].length, cases[i].rank);
    g_autoptr (GenPlayer) player = NULL;
    g_autoptr (GenModel) model = NULL;
    g_autoptr (GError) error = NULL;
    GenModelUse use = { .frames = 1, .pictures = 1 };

    g_hash_table_insert (
        graph->metadata, g_strdup ("generative.parameters"), g_strdup ("scales=0.0009765625:1:0"));
    model = gen_model_new (graph, &error);
    g_assert_no_error (error);
    g_assert_cmpint (model->inputs[1].part, ==, GEN_PART_LENGTH);
    player = gen_player_new (model, &(GenPlayerOptions){ 0 });
    use.input = model->inputs[0];
    use.output = model->outputs[0];
    gen_player_prepare (player, &use, NULL, &error);
    g_assert_no_error (error);
    assert_ramp (player, (gint64[]){ 1, 30, 2 }, 3, 36);
    assert_ramp (player, (gint64[]){ 7 }, 1, 8);
    gen_player_set_parameters (player, "scales=0.0009765625:3:0", &error);
    g_assert_no_error (error);
    assert_ramp (player, (gint64[]){ 7, 0 }, 2, 23);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/speech/symbols", test_symbols);
  g_test_add_func ("/speech/pattern", test_pattern);
  g_test_add_func ("/speech/letters", test_letters);
  g_test_add_func ("/speech/voice", test_voice);
  g_test_add_func ("/speech/wrong-voice", test_wrong_voice);
  g_test_add_func ("/speech/pieces", test_pieces);
  g_test_add_func ("/speech/lengths", test_lengths);
  return g_test_run ();
}
