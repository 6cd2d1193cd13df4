{{- /* The template of a Job's pod. Takes dict root, name, args, resources. */ -}}
{{- define "rollcall.jobTemplate" -}}
{{- $of := dict "root" .root "name" .name "service" .root.Values.defaults -}}
metadata:
  labels:
    {{- include "rollcall.podLabels" $of | nindent 4 }}
spec:
  restartPolicy: Never
  containers:
    - name: {{ .name }}
      image: {{ include "rollcall.image" .root | quote }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args: {{ .args | toJson }}
      env:
        {{- include "rollcall.env" $of | nindent 8 }}
      resources:
        {{- toYaml .resources | nindent 8 }}
      securityContext:
        {{- toYaml .root.Values.defaults.securityContext | nindent 8 }}
      volumeMounts:
        {{- include "rollcall.mounts" $of | nindent 8 }}
  {{- include "rollcall.podSpec" $of | nindent 2 }}
{{- end -}}
