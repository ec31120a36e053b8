/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of what processes exchange by; each is a file beside this one. */
#include <generative/exchange.h>

#include "../base/family.h"
#include "engine.h"

const GenExchangeEngine gen_exchange_engine_auto = {
  .name = "auto",
  .description = "What this process was started by, as one of several; else none",
};

const GenExchangeEngine gen_exchange_engine_none = {
  .name = "none",
  .description = "This process trains by itself",
};

const GenExchangeEngine *const *
gen_exchange_engine_list (void)
{
  static const GenExchangeEngine *const list[] = {
    &gen_exchange_engine_auto,
    &gen_exchange_engine_none,
    &gen_exchange_engine_mpi,
    NULL,
  };

  return list;
}

const GenExchangeEngine *
gen_exchange_engine_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (gen_exchange_engine_list (), name, "exchange", GEN_EXCHANGE_ERROR,
      GEN_EXCHANGE_ERROR_UNKNOWN, error);
}

const GenExchangeEngine *
gen_exchange_engine_wanted (void)
{
  for (const GenExchangeEngine *const *engine = gen_exchange_engine_list (); *engine != NULL;
       engine++)
    if ((*engine)->is_wanted != NULL && (*engine)->is_wanted ())
      return *engine;
  return &gen_exchange_engine_none;
}

gboolean
gen_exchange_engine_load (
    const GenExchangeEngine *engine, const GenExchangeTransport **transport, GError **error)
{
  *transport = NULL;
  if (engine != &gen_exchange_engine_mpi)
    return TRUE;
  *transport = gen_exchange_mpi_transport (error);
  return *transport != NULL;
}
