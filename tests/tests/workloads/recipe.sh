mkdir -p /tmp/build
cat > /tmp/build/Dockerfile << 'RECIPE'
FROM busybox AS first
RUN echo made > /made && echo nina:x:1000:1000::/:/bin/sh >> /etc/passwd
USER nina
RUN test $(id -un) = nina
FROM busybox
WORKDIR /w
COPY --from=first /made /made
RUN cat /made && ln -s /made here && chmod 600 /made && chown 1000 /made
RECIPE
