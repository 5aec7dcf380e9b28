#!/usr/bin/python3
"""Checks the manifests of this folder without a Kubernetes: docker/kubernetes/check.py

Against the API's schema, as Debian's python3-kubernetes has it (its models are generated from Kubernetes' own OpenAPI document): no unknown field, every required one, every value of its type.
Against each other: what a name refers to exists, and selectors select. Ends with code 1 and a line for each fault."""

import pathlib
import re
import sys

import yaml
from kubernetes.client import models

FOLDER = pathlib.Path(__file__).resolve().parent
FILES = ["coordinator.yaml", "worker.yaml"]
KINDS = {("v1", "Service"): models.V1Service, ("apps/v1", "StatefulSet"): models.V1StatefulSet, ("apps/v1", "Deployment"): models.V1Deployment}
SCALARS = {"str": str, "int": int, "bool": bool, "float": (int, float)}


def schema_faults(value, type_name, where):
    """Yields what is wrong with a value of one of the API's types."""
    if match := re.fullmatch(r"list\[(.+)\]", type_name):
        if not isinstance(value, list):
            yield f"{where} must be a list"
            return
        for i, item in enumerate(value):
            yield from schema_faults(item, match[1], f"{where}[{i}]")
    elif match := re.fullmatch(r"dict\(str, (.+)\)", type_name):
        if not isinstance(value, dict):
            yield f"{where} must be a map"
            return
        for key, item in value.items():
            yield from schema_faults(item, match[1], f"{where}.{key}")
    elif type_name in SCALARS:
        if not isinstance(value, SCALARS[type_name]) or (isinstance(value, bool) and type_name != "bool"):
            yield f"{where} must be of type {type_name}, but is {value!r}"
    elif type_name == "object":
        # Numbers or names: ports and the like.
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            yield f"{where} must be a number or a name, but is {value!r}"
    else:
        yield from model_faults(value, getattr(models, type_name), where)


def model_faults(value, model, where):
    if not isinstance(value, dict):
        yield f"{where} must be a map"
        return
    names = {wire: attribute for attribute, wire in model.attribute_map.items()}
    for key, item in value.items():
        if key in names:
            yield from schema_faults(item, model.openapi_types[names[key]], f"{where}.{key}")
        else:
            yield f"{where}.{key} is not a field of {model.__name__}"
    try:
        model(**{attribute: value.get(wire) for attribute, wire in model.attribute_map.items()})
    except ValueError as fault:
        yield f"{where}: {fault}"


def reference_faults(manifest, where, generated):
    """Yields what a workload refers to and nothing defines."""
    spec = manifest["spec"]
    template = spec["template"]
    if not spec["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items():
        yield f"{where}: the selector does not select the template"
    pod = template["spec"]
    volumes = {volume["name"] for volume in pod.get("volumes", [])} | {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])}
    mounted = set()
    for volume in pod.get("volumes", []):
        if "secret" in volume and volume["secret"]["secretName"] not in generated["secretGenerator"]:
            yield f"{where}: nothing makes the secret {volume['secret']['secretName']}"
    for container in pod["containers"]:
        ports = {port["name"] for port in container.get("ports", [])}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            port = container.get(probe, {}).get("httpGet", {}).get("port")
            if port is not None and port not in ports:
                yield f"{where}: {probe} asks the port {port}, which {container['name']} does not have"
        for source in container.get("envFrom", []):
            if source["configMapRef"]["name"] not in generated["configMapGenerator"]:
                yield f"{where}: nothing makes the config map {source['configMapRef']['name']}"
        mounted |= {mount["name"] for mount in container.get("volumeMounts", [])}
    for name in sorted(mounted ^ volumes):
        yield f"{where}: the volume {name} is {'not defined' if name in mounted else 'not used'}"


def service_faults(service, workloads, where):
    selected = [w for w in workloads if service["spec"]["selector"].items() <= w["spec"]["template"]["metadata"]["labels"].items()]
    if not selected:
        yield f"{where}: no workload has these labels"
    for workload in selected:
        ports = {port["name"] for container in workload["spec"]["template"]["spec"]["containers"] for port in container.get("ports", [])}
        for port in service["spec"]["ports"]:
            if port["targetPort"] not in ports:
                yield f"{where}: {workload['metadata']['name']} has no port {port['targetPort']}"


def faults():
    kustomization = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
    if kustomization["resources"] != FILES:
        yield f"kustomization.yaml: its resources are not {FILES}"
    generated = {kind: {item["name"] for item in kustomization[kind]} for kind in ("secretGenerator", "configMapGenerator")}
    manifests = [(name, m) for name in FILES for m in yaml.safe_load_all((FOLDER / name).read_text())]
    workloads = [m for _, m in manifests if m["kind"] != "Service"]
    services = {m["metadata"]["name"] for _, m in manifests if m["kind"] == "Service"}
    for file, manifest in manifests:
        where = f"{file}: {manifest.get('kind')} {manifest.get('metadata', {}).get('name')}"
        model = KINDS.get((manifest.get("apiVersion"), manifest.get("kind")))
        if model is None:
            yield f"{where}: not a kind that is used here"
            continue
        found = list(model_faults(manifest, model, where))
        yield from found
        if found:
            continue
        if manifest["kind"] == "Service":
            yield from service_faults(manifest, workloads, where)
        else:
            yield from reference_faults(manifest, where, generated)
        if manifest["kind"] == "StatefulSet" and manifest["spec"]["serviceName"] not in services:
            yield f"{where}: there is no service {manifest['spec']['serviceName']}"


def main():
    found = list(faults())
    for fault in found:
        print(fault)
    if not found:
        print("the manifests suit the Kubernetes API and each other")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
