{{- /* Rules for names, Kafka and MongoDB. Takes dict root, mongodb. */ -}}
{{- define "rollcall.egressToBackends" -}}
{{- $policy := .root.Values.networkPolicy -}}
{{- $strimzi := .root.Values.strimzi -}}
- ports:
    {{- range $policy.dns.ports }}
    - {port: {{ . }}, protocol: UDP}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
  {{- with $policy.dns.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
- ports:
    {{- range $policy.kafka.ports }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
  {{- if $policy.kafka.to }}
  to:
    {{- toYaml $policy.kafka.to | nindent 4 }}
  {{- else if $strimzi.enabled }}
  to:
    - podSelector:
        matchLabels: {strimzi.io/cluster: {{ $strimzi.cluster | quote }}, strimzi.io/kind: Kafka}
      {{- with $strimzi.namespace }}
      namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: {{ . | quote }}}
      {{- end }}
  {{- end }}
{{- if .mongodb }}
- ports:
    {{- range $policy.mongodb.ports }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
  {{- with $policy.mongodb.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end -}}
