{{- define "rollcall.fullname" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- /* Of one deployable. Takes dict root, name. */ -}}
{{- define "rollcall.name" -}}
{{- printf "%s-%s" (include "rollcall.fullname" .root) .name -}}
{{- end -}}

{{- define "rollcall.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{- /* Of pods: nothing that changes with the chart's version, which would roll them. */ -}}
{{- define "rollcall.podLabels" -}}
{{ include "rollcall.selector" . }}
app.kubernetes.io/part-of: rollcall
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "rollcall.labels" -}}
{{ include "rollcall.podLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- /* What all of ours have in metadata besides a name. Takes dict root, name. */ -}}
{{- define "rollcall.metadata" -}}
labels:
  {{- include "rollcall.labels" . | nindent 2 }}
{{- with merge dict (default dict .annotations) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "rollcall.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ default .Chart.AppVersion $image.tag }}
{{- end -}}
{{- end -}}

{{- /* A topic or a group as the cluster knows it. Takes dict root, of. */ -}}
{{- define "rollcall.kafkaName" -}}
{{ .root.Values.kafka.topicPrefix }}{{ .of }}
{{- end -}}

{{- /* The name of a Kubernetes resource for it. */ -}}
{{- define "rollcall.kafkaResource" -}}
{{ include "rollcall.kafkaName" . | lower | replace "_" "-" | trimAll ".-" }}
{{- end -}}

{{- define "rollcall.kafkaUser" -}}
{{- $own := default dict (index .root.Values.kafka.users .name) -}}
{{- default (printf "%s-%s" (default (include "rollcall.fullname" .root) .root.Values.kafka.userPrefix) .name) $own.username -}}
{{- end -}}

{{- define "rollcall.kafkaSecret" -}}
{{- $own := default dict (index .root.Values.kafka.users .name) -}}
{{- default (include "rollcall.kafkaUser" .) $own.secret -}}
{{- end -}}
