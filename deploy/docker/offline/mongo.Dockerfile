# Stands in for mongo: the mongod of this machine, mongosh from npm, the official image's user, folders and arguments.
FROM rollcall-offline/debian:bookworm
# hadolint ignore=DL3008
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends libcurl4 libssl3 libstdc++6 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* \
 && groupadd --gid 999 mongodb \
 && useradd --uid 999 --gid mongodb --home-dir /data/db --no-create-home mongodb \
 && mkdir -p /data/db /data/configdb \
 && chown -R mongodb:mongodb /data \
 && ln -s /opt/mongosh/node_modules/.bin/mongosh /usr/local/bin/mongosh
COPY --chmod=755 mongod node /usr/local/bin/
COPY mongosh /opt/mongosh
COPY --chmod=755 mongo.entrypoint.sh /usr/local/bin/docker-entrypoint.sh
VOLUME ["/data/db", "/data/configdb"]
EXPOSE 27017
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["mongod"]
