# SPDX-License-Identifier: LGPL-2.1-or-later
# Whether manifests agree with each other and with the server: kubernetes-manifests.py FOLDER FAMILIES STUDIO
# reads them, the source that names the server's figures, and writes the studio file that they have.
import pathlib
import re
import sys

import yaml

folder, families, studio_path = map (pathlib.Path, sys.argv[1:])
objects = {}
for path in sorted (folder.glob ("*.yaml")):
    for document in yaml.safe_load_all (path.read_text ()):
        objects[document["kind"]] = document
wrong = []


def same (what, a, b):
    if a != b:
        wrong.append (f"{what}: {a!r} is not {b!r}")


deployment, service = objects["Deployment"], objects["Service"]
pod = deployment["spec"]["template"]
container, = pod["spec"]["containers"]
labels = pod["metadata"]["labels"]
studio = objects["ConfigMap"]["data"]["studio.toml"]
studio_path.write_text (studio)


def key (name):
    return re.search (rf"^{name} = (.*)$", studio, re.M).group (1).strip ('"')


# Who means which pods.
for what, selector in (("Deployment", deployment["spec"]["selector"]["matchLabels"]), ("Service", service["spec"]["selector"]),
                       ("PodDisruptionBudget", objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]),
                       ("topologySpreadConstraints", pod["spec"]["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"])):
    same (f"the selector of {what}", selector, {name: labels.get (name) for name in selector})
target = objects["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
same ("what is scaled", (target["kind"], target["name"]), ("Deployment", deployment["metadata"]["name"]))
if "replicas" in deployment["spec"]:
    wrong.append ("replicas of the Deployment are the autoscaler's")

# Ports.
ports = {port["name"]: port["containerPort"] for port in container["ports"]}
same ("ports", ports, {"http": int (key ("port")), "rtsp": int (key ("rtsp-port"))})
for port in service["spec"]["ports"]:
    if port["targetPort"] not in ports:
        wrong.append (f"the Service's port {port['targetPort']} is none of the container's")
same ("what Prometheus asks", pod["metadata"]["annotations"]["prometheus.io/port"], str (ports["http"]))
for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
    same (probe, container[probe]["httpGet"], {"path": "/readyz" if probe[0] == "r" else "/healthz", "port": "http"})

# Time to end.
pause = int (container["lifecycle"]["preStop"]["exec"]["command"][1])
if pod["spec"]["terminationGracePeriodSeconds"] <= pause + int (key ("drain-seconds")):
    wrong.append ("terminationGracePeriodSeconds is not longer than preStop and limits.drain-seconds together")

# Figures.
figures = set (re.findall (r'"(generative_serve_\w+)"', families.read_text ()))
for metric in objects["HorizontalPodAutoscaler"]["spec"]["metrics"]:
    if metric["pods"]["metric"]["name"] not in figures:
        wrong.append (f"{metric['pods']['metric']['name']} is no figure of the server")

# Volumes, of all containers of a pod, and what they are made of.
for name in ("Deployment", "Job"):
    spec = objects[name]["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    for one in spec["containers"] + spec.get ("initContainers", []):
        for mount in one["volumeMounts"]:
            if mount["name"] not in volumes:
                wrong.append (f"{name}: there is no volume {mount['name']}")
    for volume in volumes.values ():
        if "configMap" in volume:
            same ("the ConfigMap", volume["configMap"]["name"], objects["ConfigMap"]["metadata"]["name"])
        if "secret" in volume:
            same ("the Secret", volume["secret"]["secretName"], objects["Secret"]["metadata"]["name"])
    for one in spec["containers"]:
        context = one["securityContext"]
        same (f"{name}: privileges", (context["allowPrivilegeEscalation"], context["readOnlyRootFilesystem"], context["capabilities"]),
              (False, True, {"drop": ["ALL"]}))
mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
for path in (key ("tokens"), key ("location")):
    if not any (path.startswith (mount + "/") for mount in mounts):
        wrong.append (f"{path} of the studio file is on no volume")

job = objects["Job"]["spec"]
film = re.search (r"--frames=(\d+) --range=(\d+)", (folder / "render-job.yaml").read_text ())
same ("completions of the Job", job["completions"], -(-int (film.group (1)) // int (film.group (2))))

print (*wrong, sep="\n")
sys.exit (1 if wrong else 0)
