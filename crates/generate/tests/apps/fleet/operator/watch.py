from kubernetes import client, config, watch

config.load_incluster_config()
for event in watch.Watch().stream(client.CoreV1Api().list_pod_for_all_namespaces):
    print(event["type"], event["object"].metadata.name, flush=True)
