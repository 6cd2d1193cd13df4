# Stands in for axllent/mailpit: takes mail on 1025, and answers the part of its API that lists and shows mails on 8025.
FROM python:3.11-slim-bookworm
COPY site /opt/site
COPY --chmod=755 mailpit.py /mailpit
ENV PYTHONPATH=/opt/site
USER 10001:10001
EXPOSE 1025 8025
ENTRYPOINT ["/mailpit"]
