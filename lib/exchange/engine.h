/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/exchange.h>

#include "transport.h"

/* What `engine` moves numbers by; NULL where it stays in this process. FALSE with `error` where it
 * is not to be had. */
gboolean gen_exchange_engine_load (
    const GenExchangeEngine *engine, const GenExchangeTransport **transport, GError **error);
