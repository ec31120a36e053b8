/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A library to be loaded before a program (LD_PRELOAD) that shall take this processor for one with
 * AVX2 and no more, whatever it asks: peers that have no switch of their own are measured so as the
 * processors that most people have would run them.
 *
 * The system lets the instruction CPUID fault (arch_prctl (2), ARCH_SET_CPUID), where processor and
 * hypervisor can; the handler executes it and leaves out of the answer what is masked. */
#include <cpuid.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define ARCH_SET_CPUID 0x1012

/* Bits of leaf 7 that name parts of AVX-512, AMX and VNNI; "Intel 64 and IA-32 Architectures
 * Software Developer's Manual", volume 2, CPUID. */
#define LEAF_7_B                                                                                   \
  (1u << 16 | 1u << 17 | 1u << 21 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 30 | 1u << 31)
#define LEAF_7_C (1u << 1 | 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14)
#define LEAF_7_D (1u << 2 | 1u << 3 | 1u << 8 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 25)
#define LEAF_7_1_A (1u << 4 | 1u << 5 | 1u << 21 | 1u << 23)
/* States of registers in leaf 13: masks, upper halves, the upper sixteen, tiles. */
#define LEAF_13_A (1u << 5 | 1u << 6 | 1u << 7 | 1u << 17 | 1u << 18)

static void
handle (int signal_number, siginfo_t *information, void *context)
{
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  const uint8_t *at = (const uint8_t *)registers[REG_RIP];
  const unsigned int leaf = registers[REG_RAX], part = registers[REG_RCX];
  unsigned int a, b, c, d;

  if (at[0] != 0x0f || at[1] != 0xa2) {
    signal (SIGSEGV, SIG_DFL);
    return;
  }
  syscall (SYS_arch_prctl, ARCH_SET_CPUID, 1);
  __cpuid_count (leaf, part, a, b, c, d);
  syscall (SYS_arch_prctl, ARCH_SET_CPUID, 0);
  if (leaf == 7 && part == 0) {
    b &= ~LEAF_7_B;
    c &= ~LEAF_7_C;
    d &= ~LEAF_7_D;
  } else if (leaf == 7 && part == 1) {
    a &= ~LEAF_7_1_A;
  } else if (leaf == 13 && part == 0) {
    a &= ~LEAF_13_A;
  }
  registers[REG_RAX] = a;
  registers[REG_RBX] = b;
  registers[REG_RCX] = c;
  registers[REG_RDX] = d;
  registers[REG_RIP] += 2;
}

__attribute__ ((constructor)) static void
mask (void)
{
  struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_NODEFER };

  sigaction (SIGSEGV, &action, NULL);
  if (syscall (SYS_arch_prctl, ARCH_SET_CPUID, 0) != 0)
    fprintf (stderr, "processor-mask: CPUID cannot be made to fault here; nothing is masked\n");
}
