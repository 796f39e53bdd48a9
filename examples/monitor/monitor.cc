// monitor MODEL PHOTO...: runs photos through a model that is watched, and prints what became known.
#include <frond/image.h>
#include <frond/monitor.h>

#include <cstdio>
#include <vector>

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: monitor MODEL PHOTO...\n"), 2;
  const auto fail = [](const frond::Error& error) {
    std::fprintf(stderr, "%s\n", error.ToString().c_str());
    return 1;
  };
  const frond::Result<frond::Model> model = frond::Model::Load(argv[1]);
  if (!model.ok()) return fail(model.error());
  frond::Result<frond::Session> session = frond::Session::Create(*model, {.threads = 2});
  if (!session.ok()) return fail(session.error());

  frond::Monitor monitored(*session, "crop-disease-v1");

  const frond::Preprocessing& size = model->spec().preprocessing;
  std::vector<float> input(size_t{3} * size.height * size.width);
  std::vector<float> logits(model->output_size());
  for (int i = 2; i < argc; ++i) {
    const frond::Result<frond::Image> photo = frond::ReadImage(argv[i]);
    if (!photo.ok()) return fail(photo.error());
    frond::Status status = frond::Preprocess(*photo, size, input);
    if (status.ok()) status = monitored.Run({input, 1, size.height, size.width}, logits);
    if (!status.ok()) return fail(status.error());
  }
  std::printf("%s\n", monitored.ToJson().c_str());
}
