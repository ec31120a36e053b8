/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bodies of requests that have something made, by each route, to a model of latents and to a
 * voice. What is accepted is within what the server relies on; what is refused names a field. */
#include <string.h>

#include "../serve-facts.h"
#include "fuzz.h"

static void
check (const GenServeRequest *request)
{
  const GenServeFacts *facts = request->facts;
  g_autofree char *parameters = gen_serve_request_format_parameters (request);

  g_assert_cmpuint (request->count, >=, 1);
  g_assert_cmpuint (request->count, <=, serve_facts_limits.pictures);
  g_assert_true (request->class < 0 || request->class < facts->classes);
  g_assert_true (request->width >= 0 && request->width <= GEN_SERVE_MAX_SIDE);
  g_assert_true ((request->width > 0) == (request->height > 0));
  g_assert_true (request->quality >= 0 && request->quality <= 100);
  g_assert_true (request->latents == NULL || request->latents->len >= facts->latent);
  g_assert_true (request->latents == NULL || request->latents->len % facts->latent == 0);
  g_assert_true (request->condition == NULL || request->condition->len == facts->second);
  g_assert_true (request->prompt == NULL || g_utf8_validate (request->prompt, -1, NULL));
  g_assert_nonnull (parameters);
}

static void
ask (const GenServeField *fields, const GenServeFacts *facts, JsonObject *body)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenServeRequest) request =
      gen_serve_request_new (body, fields, facts, &serve_facts_limits, &error);

  g_assert_true ((request == NULL) == (error != NULL));
  if (request != NULL)
    check (request);
  else
    g_assert_nonnull (gen_serve_error_field (error));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const GenServeField *const fields[] = { gen_serve_generate_fields, gen_serve_image_fields,
    gen_serve_speech_fields };
  g_autoptr (GenServeFacts) digits = serve_facts_digits (), voice = serve_facts_voice ();
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) body = gen_serve_request_parse (bytes, &error);

  g_assert_true ((body == NULL) == (error != NULL));
  for (gsize i = 0; body != NULL && i < G_N_ELEMENTS (fields); i++) {
    g_autoptr (GError) no_name = NULL;

    gen_serve_request_model (body, &no_name);
    ask (fields[i], digits, body);
    ask (fields[i], voice, body);
  }
  return 0;
}
