#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The manifests of examples/deploy/kubernetes: by Kubernetes' own schemas, where there is a checker
# (kubernetes-validate, from PyPI, or kubeconform); and that names, ports, times and figures are those of each
# other and of the server.
. "$(dirname "$0")/harness.sh"
serve=$build/tools/serve/generative-serve
manifests=$top/examples/deploy/kubernetes
cd "$work" || exit 1

if command -v kubernetes-validate >/dev/null; then
    succeeds "manifests are as the schemas have them" kubernetes-validate --strict "$manifests"/*.yaml
elif command -v kubeconform >/dev/null; then
    succeeds "manifests are as the schemas have them" kubeconform -strict "$manifests"/*.yaml
else
    skip "there is no kubernetes-validate and no kubeconform"
fi

if ! /usr/bin/python3 -c 'import yaml' 2>/dev/null; then
    skip "there is no python3-yaml"
    finish
fi
succeeds "what they say of each other is so" /usr/bin/python3 "$top/tests/pipelines/kubernetes-manifests.py" "$manifests" \
    "$top/tools/serve/watch/families.c" studio.toml
if [ -x "$serve" ]; then
    # Where models and tokens are is another machine's business.
    mkdir -p here
    sed -i -e "s|\"/etc/gst-generative-tokens/|\"$work/here/|; s|/var/lib/gst-generative/faces|$work/missing.onnx|" studio.toml
    (umask 077 && : >here/tokens)
    complains "the studio file is right, but for the model that is not here" 'models.faces.location: .*missing.onnx' \
        "$serve" --check --config=studio.toml
else
    skip "this build has no generative-serve"
fi
finish
