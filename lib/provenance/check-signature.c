/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who signed a claim, whether they did, and whether anybody vouches for them (15.7). */
#include <string.h>

#include "cbor-reader.h"
#include "manifest.h"
#include "report.h"
#include "signer.h"
#include "time-stamp.h"

static void
succeed (GenProvenanceCheck *check, const char *code)
{
  gen_check_add (check, GEN_STATUS_SUCCESS, code, GEN_SIGNATURE_LABEL, NULL);
}

static const GenJumbf *
find_signature (GenProvenanceCheck *check)
{
  g_autofree char *url = gen_cbor_dup_text (gen_cbor_get (check->claim, "signature"));
  const GenJumbf *manifest = check->manifest;
  const GenJumbf *box = gen_report_resolve (check->report, &manifest, url);

  if (box != NULL && manifest == check->manifest && strcmp (box->kind, GEN_JUMBF_SIGNATURE) == 0)
    return box;
  gen_check_fail (check, "claimSignature.missing", GEN_SIGNATURE_LABEL);
  return NULL;
}

static void
check_credential (GenProvenanceCheck *check, const GenCoseSignature *signature)
{
  const char *fault = gen_certificate_fault (signature->certificates->pdata[0]);

  if (fault != NULL) {
    gen_check_add (
        check, GEN_STATUS_FAILURE, "signingCredential.invalid", GEN_SIGNATURE_LABEL, fault);
    return;
  }
  if (gen_cose_trusted (signature, check->authorities))
    succeed (check, "signingCredential.trusted");
  else
    gen_check_fail (check, "signingCredential.untrusted", GEN_SIGNATURE_LABEL);
}

/* When it was signed: as a time stamp says, where that is believed, or else now. */
static gint64
find_time (GenProvenanceCheck *check, const GenCoseSignature *signature, const GenJumbf *claim)
{
  static const char *const codes[] = {
    [GEN_TIME_STAMP_MALFORMED] = "timeStamp.malformed",
    [GEN_TIME_STAMP_MISMATCH] = "timeStamp.mismatch",
    [GEN_TIME_STAMP_UNTRUSTED] = "timeStamp.untrusted",
    [GEN_TIME_STAMP_OUTSIDE] = "timeStamp.outsideValidity",
  };
  gint64 now = g_get_real_time () / G_USEC_PER_SEC, then = now;
  g_autoptr (GBytes) stamped = NULL;
  GenTimeStampFinding finding;

  if (signature->time_stamp == NULL)
    return now;
  stamped = gen_cose_stamped (signature, claim->content, claim->content_size);
  finding = gen_time_stamp_check (signature->time_stamp, stamped, check->authorities, &then);
  if (finding != GEN_TIME_STAMP_GOOD) {
    gen_check_add (check, GEN_STATUS_INFORMATIONAL, codes[finding], GEN_SIGNATURE_LABEL, NULL);
    return now;
  }
  succeed (check, "timeStamp.validated");
  succeed (check, "timeStamp.trusted");
  return then;
}

void
gen_check_signature (GenProvenanceCheck *check, const GenJumbf *claim)
{
  const GenJumbf *box = find_signature (check);
  g_auto (GenCoseSignature) signature = { 0 };

  if (box == NULL)
    return;
  if (strcmp (box->content_type, GEN_JUMBF_CBOR) != 0 ||
      !gen_cose_read (&signature, box->content, box->content_size)) {
    gen_check_add (check, GEN_STATUS_FAILURE, "claimSignature.mismatch", GEN_SIGNATURE_LABEL,
        "it is no COSE_Sign1");
    return;
  }
  if (!signature.has_algorithm || gen_signature_algorithm_of (signature.algorithm) == NULL) {
    gen_check_fail (check, "algorithm.unsupported", GEN_SIGNATURE_LABEL);
    return;
  }
  if (signature.certificates->len == 0) {
    gen_check_add (check, GEN_STATUS_FAILURE, "signingCredential.invalid", GEN_SIGNATURE_LABEL,
        "there is no certificate that can be read");
    return;
  }
  check_credential (check, &signature);
  if (gen_cose_verify (&signature, claim->content, claim->content_size))
    succeed (check, "claimSignature.validated");
  else
    gen_check_fail (check, "claimSignature.mismatch", GEN_SIGNATURE_LABEL);
  if (gen_cose_in_time (&signature, find_time (check, &signature, claim))) {
    succeed (check, "claimSignature.insideValidity");
  } else {
    gen_check_fail (check, "claimSignature.outsideValidity", GEN_SIGNATURE_LABEL);
  }
}
