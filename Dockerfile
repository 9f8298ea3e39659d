# The course in a container: docker build -t dcgan-course . && docker run --rm -p 127.0.0.1:8888:8888 dcgan-course
# Its install step is that of `make lab CPU=1`, without CUDA; for a card: --build-arg CPU=0, and run it with --gpus all.
# The server listens on this machine alone and asks for the token that it prints. What you write is gone with the
# container: -v my_course:/home/learner/course keeps it.
FROM python:3.11-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends git make \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home learner
USER learner
RUN mkdir /home/learner/course
WORKDIR /home/learner/course
COPY --chown=learner . .
ARG CPU=1
RUN make .venv/.learner CPU=$CPU
EXPOSE 8888
CMD [".venv/bin/python", "-m", "jupyterlab", "--ip=0.0.0.0", "--no-browser", "--ServerApp.root_dir=."]
