/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Of a normal distribution, 95 % is within so many deviations of its mean. */
#define INTERVAL 1.96
