/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The code of marks: check, convolutional code, and Viterbi's algorithm on soft symbols. All six
 * generators have their first and last bit set, so that the two ways into a state, and the two ways
 * out of one, have opposite symbols: a butterfly of four states has one metric. */
#include "code.h"

#include <math.h>
#include <string.h>

#include <openssl/crypto.h>

#include "../simd.h"

#define STATES (1 << GEN_MARK_TAIL)
#define HALF (STATES / 2)
#define STEPS (GEN_MARK_MESSAGE + GEN_MARK_TAIL)
#define CHECK_BYTES (GEN_MARK_CHECK_BITS / 8)
#define MESSAGE_BYTES (GEN_MARK_MESSAGE / 8)

G_STATIC_ASSERT (GEN_MARK_CHECK_BITS % 8 == 0);

static const guint generators[GEN_MARK_RATE] = { 046321, 051271, 070535, 063667, 073277, 076513 };

struct _GenMarkCode {
  guint8 check_key[32];
  guint8 patterns[HALF]; /* of a register whose first and last bit are 0: a bit a generator */
  float metrics[2][STATES], branch[HALF];
  guint8 (*choices)[STATES]; /* of STEPS: which of two states a state was come to from */
};

/* What the six generators make of a register of 15 bits, the last bit that went in being its
 * least. */
static guint
pattern_of (guint registered)
{
  guint pattern = 0;

  for (int g = 0; g < GEN_MARK_RATE; g++)
    pattern |= (guint)(__builtin_popcount (registered & generators[g]) & 1) << g;
  return pattern;
}

GenMarkCode *
gen_mark_code_new (const GenMarkKey *key, const char *medium)
{
  g_autofree char *purpose = g_strconcat ("check of ", medium, NULL);
  GenMarkCode *code = g_new (GenMarkCode, 1);

  gen_mark_key_derive (key, purpose, code->check_key, sizeof code->check_key);
  for (guint i = 0; i < HALF; i++)
    code->patterns[i] = (guint8)pattern_of (i << 1);
  code->choices = g_malloc (sizeof *code->choices * STEPS);
  return code;
}

void
gen_mark_code_free (GenMarkCode *code)
{
  if (code == NULL)
    return;
  OPENSSL_cleanse (code->check_key, sizeof code->check_key);
  g_free (code->choices);
  g_free (code);
}

/* --- the message --- */

static void
make_message (const GenMarkCode *code, guint64 bits, guint8 message[MESSAGE_BYTES])
{
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, code->check_key, sizeof code->check_key);
  const guint64 ordered = GUINT64_TO_BE (bits);
  guint8 digest[32];
  gsize length = sizeof digest;

  memcpy (message, &ordered, sizeof ordered);
  g_hmac_update (hmac, message, sizeof ordered);
  g_hmac_get_digest (hmac, digest, &length);
  memcpy (message + sizeof ordered, digest, CHECK_BYTES);
}

static guint
message_bit (const guint8 message[MESSAGE_BYTES], guint i)
{
  return i < GEN_MARK_MESSAGE ? message[i / 8] >> (7 - i % 8) & 1 : 0;
}

void
gen_mark_encode (const GenMarkCode *code, guint64 bits, gint8 symbols[GEN_MARK_SYMBOLS])
{
  guint8 message[MESSAGE_BYTES];
  guint registered = 0;

  make_message (code, bits, message);
  for (guint i = 0; i < STEPS; i++) {
    guint pattern;

    registered = (registered << 1 | message_bit (message, i)) & (2 * STATES - 1);
    pattern = pattern_of (registered);
    for (int g = 0; g < GEN_MARK_RATE; g++)
      *symbols++ = pattern >> g & 1 ? -1 : 1;
  }
}

/* --- decoding --- */

GEN_CLONES (void, step,
    (const float *restrict old, const float *restrict branch, float *restrict new,
        guint8 *restrict choices),
    (old, branch, new, choices))
{
  for (int i = 0; i < HALF; i++) {
    const float a = old[i] + branch[i], b = old[i + HALF] - branch[i];
    const float c = old[i] - branch[i], d = old[i + HALF] + branch[i];

    new[2 * i] = a > b ? a : b;
    new[2 * i + 1] = c > d ? c : d;
    choices[2 * i] = b > a;
    choices[2 * i + 1] = d > c;
  }
}

/* The metric of each butterfly: that of its register's symbols. */
static void
fill_branch (GenMarkCode *code, const float symbols[GEN_MARK_RATE])
{
  float of_pattern[1 << GEN_MARK_RATE];

  for (guint pattern = 0; pattern < G_N_ELEMENTS (of_pattern); pattern++) {
    of_pattern[pattern] = 0;
    for (int g = 0; g < GEN_MARK_RATE; g++)
      of_pattern[pattern] += pattern >> g & 1 ? -symbols[g] : symbols[g];
  }
  for (int i = 0; i < HALF; i++)
    code->branch[i] = of_pattern[code->patterns[i]];
}

/* From the state 0 back to the state 0. */
static void
trace (const GenMarkCode *code, guint8 message[MESSAGE_BYTES])
{
  guint state = 0;

  memset (message, 0, MESSAGE_BYTES);
  for (int i = STEPS - 1; i >= 0; i--) {
    if (i < GEN_MARK_MESSAGE)
      message[i / 8] |= (guint8)((state & 1) << (7 - i % 8));
    state = state >> 1 | (code->choices[i][state] != 0 ? HALF : 0);
  }
}

static void
judge (
    const float symbols[GEN_MARK_SYMBOLS], const gint8 written[GEN_MARK_SYMBOLS], GenMarkRead *read)
{
  double sum = 0, squares = 0;
  guint wrong = 0, known = 0;

  for (int i = 0; i < GEN_MARK_SYMBOLS; i++) {
    sum += (double)symbols[i] * written[i];
    squares += (double)symbols[i] * (double)symbols[i];
    wrong += symbols[i] * (float)written[i] < 0;
    known += symbols[i] != 0;
  }
  read->errors = known > 0 ? (double)wrong / known : 0.5;
  read->deviations = squares > 0 ? sum / sqrt (squares) : 0;
}

gboolean
gen_mark_decode (GenMarkCode *code, const float symbols[GEN_MARK_SYMBOLS], GenMarkRead *read)
{
  float known[GEN_MARK_SYMBOLS];
  gint8 written[GEN_MARK_SYMBOLS];
  guint8 message[MESSAGE_BYTES], wanted[MESSAGE_BYTES];
  GenMarkPayload payload;
  float *old = code->metrics[0], *new = code->metrics[1];

  for (int i = 0; i < GEN_MARK_SYMBOLS; i++)
    known[i] = isfinite (symbols[i]) ? symbols[i] : 0;
  for (int i = 0; i < STATES; i++)
    old[i] = i == 0 ? 0 : -1e30f;
  for (int i = 0; i < STEPS; i++) {
    float *last = old;

    fill_branch (code, known + i * GEN_MARK_RATE);
    step (old, code->branch, new, code->choices[i]);
    old = new;
    new = last;
  }
  trace (code, message);
  memcpy (&read->bits, message, sizeof read->bits);
  read->bits = GUINT64_FROM_BE (read->bits);
  make_message (code, read->bits, wanted);
  gen_mark_encode (code, read->bits, written);
  judge (known, written, read);
  return CRYPTO_memcmp (message, wanted, sizeof message) == 0 &&
         gen_mark_payload_unpack (read->bits, &payload);
}
