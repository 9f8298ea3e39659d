"""Conditional networks: against the formulas of their papers, against the plain ones, and what they refuse."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dcgan_course import latent, models
from dcgan_course.errors import InvalidValue
from dcgan_course.widgets import LatentSlider

KINDS = [models.ConcatenatedDiscriminator, models.ProjectionDiscriminator]


def pictures_and_labels(count=6, classes=3, channels=1, size=28, seed=0):
    source = torch.Generator().manual_seed(seed)
    images = torch.rand(count, channels, size, size, generator=source) * 2 - 1
    return images, torch.randint(classes, (count,), generator=source)


class TestGenerator:
    def test_its_pictures_are_the_plain_generators_of_z_and_the_classs_vector(self):
        generator = models.ConditionalGenerator(10, 28, 20, 1, 4, label_dim=5).eval()
        z, labels = torch.randn(7, 20), torch.tensor([0, 9, 3, 3, 1, 0, 5])
        longer = torch.stack(
            [torch.cat([row, generator.label_vectors.weight[k]]) for row, k in zip(z, labels, strict=True)]
        )
        assert torch.equal(generator(z, labels), generator.body(longer))
        assert (generator.classes, generator.latent_dim, generator.image_shape) == (10, 20, (1, 28, 28))

    @given(st.integers(1, 12), st.integers(8, 40), st.sampled_from([1, 3]))
    def test_every_size_and_number_of_classes(self, classes, size, channels):
        generator = models.ConditionalGenerator(classes, size, 4, channels, 1).eval()
        labels = torch.arange(classes)
        pictures = generator(torch.randn(classes, 4), labels)
        assert pictures.shape == (classes, channels, size, size)
        for kind in KINDS:
            assert kind(classes, size, channels, 1).eval()(pictures, labels).shape == (classes,)

    def test_a_class_that_was_not_asked_for_learns_nothing(self):
        generator = models.ConditionalGenerator(4, 28, 8, 1, 2)
        generator(torch.randn(6, 8), torch.tensor([0, 2, 2, 0, 0, 2])).sum().backward()
        moved = generator.label_vectors.weight.grad.abs().sum(dim=1) > 0
        assert moved.tolist() == [True, False, True, False]


class TestOneClass:
    generator = models.ConditionalGenerator(5, 28, 6, 1, 2).eval()
    z = torch.randn(4, 6)

    def asked(self, label):
        return self.generator(self.z, torch.full((4,), label))

    def test_it_is_the_conditional_generator_with_one_label(self):
        view = models.OneClass(self.generator, 3)
        torch.testing.assert_close(view(self.z), self.asked(3))
        torch.testing.assert_close(models.draw(view, self.z), models.draw(self.generator, self.z, torch.full((4,), 3)))
        assert (view.latent_dim, view.image_shape) == (6, (1, 28, 28))

    def test_between_two_classes(self):
        at = [models.OneClass(self.generator, 1, 4, share)(self.z) for share in (0, 0.5, 1)]
        torch.testing.assert_close(at[0], self.asked(1))
        torch.testing.assert_close(at[2], self.asked(4))
        halfway = self.generator.label_vectors.weight[[1, 4]].mean(dim=0).expand(4, -1)
        torch.testing.assert_close(at[1], self.generator.draw_vectors(self.z, halfway))

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((5,), "label is 5, but it must be a whole number from 0 to 4"),
            ((-1,), "label is -1"),
            (("seven",), "label is 'seven'"),
            ((0, 5), "other is 5"),
            ((0, 1, 1.5), "share is 1.5, but it must be a number from 0 to 1"),
            ((0, 1, float("nan")), "share is nan"),
        ],
    )
    def test_refusals(self, arguments, message):
        with pytest.raises(InvalidValue, match=message):
            models.OneClass(self.generator, *arguments)


class TestDiscriminators:
    def test_the_concatenated_one_is_the_plain_one_of_pictures_with_a_map_for_each_class(self):
        discriminator = models.ConcatenatedDiscriminator(3, 28, 1, 2).eval()
        images, labels = pictures_and_labels()
        maps = torch.zeros(6, 3, 28, 28)
        for row, label in enumerate(labels.tolist()):
            maps[row, label] = 1
        torch.testing.assert_close(discriminator(images, labels), discriminator.body(torch.cat([images, maps], dim=1)))

    def test_the_projection_is_equation_4(self):
        """f(x, y) = yᵀ V φ(x) + ψ(φ(x)), Miyato and Koyama 2018."""
        discriminator = models.ProjectionDiscriminator(3, 32, 3, 2).eval()
        images, labels = pictures_and_labels(channels=3, size=32)
        phi = discriminator.body.blocks(images).flatten(1)
        v = discriminator.to_class_logits.weight.flatten(1)
        y = torch.nn.functional.one_hot(labels, 3).float()
        f = torch.einsum("nc,cf,nf->n", y, v, phi) + discriminator.body(images)
        torch.testing.assert_close(discriminator(images, labels), f)

    def test_without_its_vectors_the_projection_is_the_plain_discriminator(self):
        discriminator = models.ProjectionDiscriminator(3, 28, 1, 2).eval()
        discriminator.to_class_logits.weight.data.zero_()
        images, labels = pictures_and_labels()
        assert torch.equal(discriminator(images, labels), discriminator.body(images))

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_answer_depends_on_the_label(self, kind):
        discriminator = kind(3, 28, 1, 2).eval()
        images, labels = pictures_and_labels()
        assert (discriminator(images, labels) != discriminator(images, (labels + 1) % 3)).all()

    @pytest.mark.parametrize("kind", KINDS)
    def test_pictures_of_another_shape_are_refused(self, kind):
        with pytest.raises(InvalidValue, match=r"\(1, 34, 34\), but this discriminator was built for \(1, 28, 28\)"):
            kind(3, 28, 1, 2)(torch.zeros(2, 1, 34, 34), torch.zeros(2, dtype=torch.int64))

    def test_known_numbers_of_parameters(self):
        plain = models.count_parameters(models.Discriminator(28, 1, 16))
        assert models.count_parameters(models.ProjectionDiscriminator(10, 28, 1, 16)) == plain + 10 * 32 * 7 * 7
        assert models.count_parameters(models.ConcatenatedDiscriminator(10, 28, 1, 16)) == plain + 10 * 16 * 4 * 4


NETWORKS = [
    (models.ConditionalGenerator(3, 28, 6, 1, 2).eval(), torch.randn(4, 6)),
    *((kind(3, 28, 1, 2).eval(), torch.zeros(4, 1, 28, 28)) for kind in KINDS),
]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda pair: type(pair[0]).__name__)
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (torch.tensor([0, 1, 2, 3]), "labels has 3 in it, but the classes are 0 to 2"),
        (torch.tensor([0, 1, -2, 9]), "labels has -2 in it"),
        (torch.tensor([0, 1]), r"labels is torch.int64 \(2,\), but it must be an int64 tensor \(4,\)"),
        (torch.tensor([[0], [1], [2], [0]]), r"\(4, 1\)"),
        (torch.eye(3)[[0, 1, 2, 0]], r"torch.float32 \(4, 3\)"),
        ([0, 1, 2, 0], r"labels is \[0, 1, 2, 0\]"),
        (None, "labels is missing, but this network is conditional: give an int64 tensor .4,. of numbers from 0 to 2"),
    ],
)
def test_bad_labels_are_sentences(network, labels, message):
    with pytest.raises(InvalidValue, match=message):
        network[0](network[1], labels)


@pytest.mark.parametrize("make", [models.ConditionalGenerator, *KINDS])
@pytest.mark.parametrize("classes", [0, 2.5, True, "ten"])
def test_bad_numbers_of_classes(make, classes):
    with pytest.raises(InvalidValue, match="classes is .* but it must be a whole number of at least 1"):
        make(classes, 28, 1)


def test_other_bad_numbers():
    with pytest.raises(InvalidValue, match="label_dim is 0"):
        models.ConditionalGenerator(3, label_dim=0)
    with pytest.raises(InvalidValue, match="channels is 0"):
        models.ConcatenatedDiscriminator(3, channels=0)


def test_draw_asks_for_labels_where_they_belong():
    generator = models.ConditionalGenerator(3, 28, 6, 1, 2)
    labels = torch.arange(300) % 3
    drawn = models.draw(generator, torch.randn(300, 6), labels)  # more than one part
    assert drawn.shape == (300, 1, 28, 28) and generator.training
    with pytest.raises(InvalidValue, match="labels is missing, but this network is conditional"):
        models.draw(generator, torch.randn(2, 6))
    with pytest.raises(InvalidValue, match="not conditional, so it cannot be asked for a class"):
        models.draw(models.Generator(28, 6, 1, 2), torch.randn(2, 6), torch.tensor([0, 1]))
    with pytest.raises(InvalidValue, match=r"labels is torch.int64 \(200,\), but it must be an int64 tensor \(300,\)"):
        models.draw(generator, torch.randn(300, 6), labels[:200])


def test_compiled_they_answer_the_same():
    generator = models.ConditionalGenerator(3, 28, 6, 1, 2).eval()
    z, labels = torch.randn(4, 6), torch.tensor([0, 1, 2, 0])
    compiled = torch.compile(generator, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(z, labels), generator(z, labels))


def test_what_is_made_for_a_plain_generator_says_what_to_take():
    generator = models.ConditionalGenerator(3, 28, 6, 1, 2).eval()
    picture = torch.zeros(1, 28, 28)
    for call in (
        lambda g: latent.invert(g, picture, restarts=1, steps=1),
        lambda g: latent.activation_directions(g, 1, samples=9),
        lambda g: LatentSlider(g, points=2, steps=2),
    ):
        with pytest.raises(InvalidValue, match=r"conditional.* take models.OneClass\(generator, 0\)"):
            call(generator)
        call(models.OneClass(generator, 2))
