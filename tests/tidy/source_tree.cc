#include "tests/tidy/source_tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace tidemark::tidy {
namespace fs = std::filesystem;

namespace {

const char* const kFolders[] = {"base",  "storage", "copyengine", "scsi", "target", "mgmt",
                                "tests", "cmake",   "conf",       "docs", "scripts"};

bool is_cpp(const fs::path& path) {
  return path.extension() == ".h" || path.extension() == ".cc";
}

template <class Wanted>
void collect(const std::string& folder, Wanted wanted, std::vector<SourceFile>& to) {
  const fs::path top = project_path("");
  if (!fs::is_directory(top / folder)) return;
  for (auto at = fs::recursive_directory_iterator(top / folder); at != fs::end(at); ++at) {
    // What npm has put there is others' work.
    if (at->path().filename() == "node_modules") at.disable_recursion_pending();
    if (at->is_regular_file() && wanted(at->path()))
      to.push_back(read_source(fs::relative(at->path(), top).generic_string()));
  }
}

void sort_by_path(std::vector<SourceFile>& files) {
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
}

}  // namespace

std::string project_path(const std::string& path) {
  return (fs::path(TIDEMARK_SOURCE_DIR) / path).string();
}

SourceFile read_source(const std::string& path) {
  SourceFile file{path, {}};
  std::ifstream from(project_path(path));
  for (std::string line; std::getline(from, line);) file.lines.push_back(line);
  return file;
}

std::vector<SourceFile> cpp_files(const std::string& folder) {
  std::vector<SourceFile> files;
  collect(folder, is_cpp, files);
  sort_by_path(files);
  return files;
}

std::vector<SourceFile> written_files() {
  const auto is_text = [](const fs::path& path) {
    static const char* const kSuffixes[] = {".h", ".cc", ".cmake", ".txt", ".md", ".json", ".sh"};
    return path.extension().empty() ||
           std::any_of(std::begin(kSuffixes), std::end(kSuffixes),
                       [&](const char* suffix) { return path.extension() == suffix; });
  };
  std::vector<SourceFile> files;
  for (const char* folder : kFolders) collect(folder, is_text, files);
  for (const auto& entry : fs::directory_iterator(project_path(""))) {
    if (entry.is_regular_file() && is_text(entry.path()))
      files.push_back(read_source(entry.path().filename().string()));
  }
  sort_by_path(files);
  return files;
}

std::vector<Include> includes_of(const SourceFile& file) {
  std::vector<Include> includes;
  for (size_t i = 0; i < file.lines.size(); ++i) {
    const std::string& line = file.lines[i];
    if (!line.starts_with("#include ")) continue;
    const size_t open = line.find_first_of("\"<");
    if (open == std::string::npos) continue;
    const size_t close = line.find(line[open] == '"' ? '"' : '>', open + 1);
    if (close == std::string::npos) continue;
    includes.push_back({line.substr(open + 1, close - open - 1), line[open] == '"', i + 1});
  }
  return includes;
}

}  // namespace tidemark::tidy
