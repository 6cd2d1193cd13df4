{{- /* Variables of every deployable. Takes dict root, name. */ -}}
{{- define "rollcall.env" -}}
{{- $values := .root.Values -}}
{{- $kafka := $values.kafka -}}
- {name: KAFKA_BOOTSTRAP_SERVERS, value: {{ $kafka.bootstrapServers | quote }}}
- {name: KAFKA_SECURITY_PROTOCOL, value: {{ $kafka.securityProtocol | quote }}}
{{- if hasPrefix "SASL" $kafka.securityProtocol }}
- {name: KAFKA_SASL_MECHANISM, value: {{ $kafka.saslMechanism | quote }}}
- {name: KAFKA_USERNAME, value: {{ include "rollcall.kafkaUser" . | quote }}}
{{- end }}
{{- if and $kafka.caSecret (hasSuffix "SSL" $kafka.securityProtocol) }}
- {name: KAFKA_CA_FILE, value: /run/rollcall/kafka-ca/ca.crt}
{{- end }}
{{- if $kafka.topicPrefix }}
- {name: KAFKA_TOPIC_PREFIX, value: {{ $kafka.topicPrefix | quote }}}
{{- end }}
{{- if ne .name "topics" }}
- {name: MONGODB_DATABASE, value: {{ $values.mongodb.database | quote }}}
{{- end }}
{{- range include "rollcall.files" . | fromYamlArray }}
- {name: {{ .variable }}, value: {{ printf "/run/rollcall/secrets/%s" .path }}}
{{- end }}
{{- if and (index (.root.Files.Get "files/deployables.yaml" | fromYaml) .name).catalogue (not $values.catalogueSecret.name) }}
- {name: CATALOGUE_FILE, value: /run/rollcall/catalogue/catalogue.yaml}
{{- end }}
{{- end -}}

{{- define "rollcall.mounts" -}}
- {name: tmp, mountPath: /tmp}
{{- if include "rollcall.files" . | fromYamlArray }}
- {name: secrets, mountPath: /run/rollcall/secrets, readOnly: true}
{{- end }}
{{- if and (index (.root.Files.Get "files/deployables.yaml" | fromYaml) .name).catalogue (not .root.Values.catalogueSecret.name) }}
- {name: catalogue, mountPath: /run/rollcall/catalogue, readOnly: true}
{{- end }}
{{- if and .root.Values.mongodb.caSecret (ne .name "topics") }}
- {name: mongodb-ca, mountPath: /run/rollcall/mongodb-ca, readOnly: true}
{{- end }}
{{- if and .root.Values.kafka.caSecret (hasSuffix "SSL" .root.Values.kafka.securityProtocol) }}
- {name: kafka-ca, mountPath: /run/rollcall/kafka-ca, readOnly: true}
{{- end }}
{{- end -}}

{{- define "rollcall.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: 16Mi}
{{- with include "rollcall.files" . | fromYamlArray }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range . }}
      - secret: {name: {{ .secret | quote }}, items: [{key: {{ .key | quote }}, path: {{ .path | quote }}}]}
      {{- end }}
{{- end }}
{{- if and (index (.root.Files.Get "files/deployables.yaml" | fromYaml) .name).catalogue (not .root.Values.catalogueSecret.name) }}
- name: catalogue
  configMap: {name: {{ include "rollcall.name" (dict "root" .root "name" "catalogue") }}}
{{- end }}
{{- if and .root.Values.mongodb.caSecret (ne .name "topics") }}
- name: mongodb-ca
  secret: {secretName: {{ .root.Values.mongodb.caSecret | quote }}, defaultMode: 0440, items: [{key: {{ .root.Values.mongodb.caKey | quote }}, path: ca.crt}]}
{{- end }}
{{- if and .root.Values.kafka.caSecret (hasSuffix "SSL" .root.Values.kafka.securityProtocol) }}
- name: kafka-ca
  secret: {secretName: {{ .root.Values.kafka.caSecret | quote }}, defaultMode: 0440, items: [{key: {{ .root.Values.kafka.caKey | quote }}, path: ca.crt}]}
{{- end }}
{{- end -}}

{{- /* What pods of every kind have in common. Takes dict root, name, service (values, or the defaults). */ -}}
{{- define "rollcall.podSpec" -}}
automountServiceAccountToken: false
# Variables of other Services could be taken for settings.
enableServiceLinks: false
securityContext:
  {{- toYaml .service.podSecurityContext | nindent 2 }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .service.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .service.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .service.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .service.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
volumes:
  {{- include "rollcall.volumes" . | nindent 2 }}
{{- end -}}
